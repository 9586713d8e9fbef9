"""gunicorn around the application: from an environment and a model folder to an open port."""
