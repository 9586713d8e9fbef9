"""What an endpoint is asked to be: flags, variables, endpoint.toml and defaults brought together and checked."""
