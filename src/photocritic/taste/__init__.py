"""A critic that learns what one person likes, from what that person said of some photos."""
