"""Servers from elsewhere, each in a virtual environment of its own: NAME.py says how to start it, NAME.txt what it is."""
