"""Bytes to rows and answers to bytes: pure functions, one file per media type, and the choice between them."""
