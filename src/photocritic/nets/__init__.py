"""Networks in torch, one architecture family per file, all ending in one head. Needs the ``train`` extra."""
