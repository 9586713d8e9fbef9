"""Flask: HTTP in, HTTP out. What a request means is decided in inference."""
