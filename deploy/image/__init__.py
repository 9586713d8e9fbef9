"""The container image: building it for SageMaker, looking hard at it, and bringing it to a registry."""
