"""What an endpoint costs: a dated table of prices, and the arithmetic over it."""
