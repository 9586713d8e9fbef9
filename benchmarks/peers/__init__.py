"""Servers from elsewhere, each in an environment of its own: NAME.py says how to start it, NAME.txt what is in it."""
