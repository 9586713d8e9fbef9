"""Coppice measured against its peers: `make bench`. What runs here, and how, is told in docs/benchmarks.md.

Only prepare.py and kernel.py import NumPy and scikit-learn, in processes of their own: the process that measures is
plain Python, so that it shares no pages with the servers whose memory it reads, and leaves the caches alone.
"""
