"""How the critics that come in the package are made. See ``make critic``."""
