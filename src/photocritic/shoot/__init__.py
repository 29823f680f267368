"""What a photographer does with a critic's verdicts."""
