"""What runs in the peers' own environments: apart from the adapters, whose names would shadow the libraries."""
