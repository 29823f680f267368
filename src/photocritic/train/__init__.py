"""Teaching a critic, in torch. Needs the ``train`` extra; ends in one exported file."""
