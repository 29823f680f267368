"""Pure functions and records. This room knows no network, no model and no source of labels."""
