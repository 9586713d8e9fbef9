"""Choosing the memory size by measurement: the same calls to an endpoint of each size, and what came of them."""
