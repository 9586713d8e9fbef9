"""Batch transform: many rows from S3 through the same container, and back to S3."""
