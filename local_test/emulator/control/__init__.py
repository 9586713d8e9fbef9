"""SageMaker's control plane: what is created, described, listed, updated and deleted."""
