"""Models of other kinds: what level can be reached."""
