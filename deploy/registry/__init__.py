"""The model registry: putting an artifact and an image into a group, and saying which may be deployed."""
