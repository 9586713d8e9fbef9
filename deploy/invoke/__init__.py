"""Calling an endpoint, or a container on this machine: the same body, headers, errors and exit codes."""
