"""Training jobs: the image's `train` over channels from S3, and its artifact back to S3."""
