"""Endpoints that run: their life, their instances, and the calls that reach them."""
