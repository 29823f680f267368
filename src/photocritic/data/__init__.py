"""Where labels come from: evidence of any kind → one table of photos and votes."""
