"""The demo: real photographs that come with installed packages, rated. See ``make demo``."""
