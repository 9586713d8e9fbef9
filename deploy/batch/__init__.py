"""Batch transform: a file or a folder of files in S3, answered by machines that are gone afterwards."""
