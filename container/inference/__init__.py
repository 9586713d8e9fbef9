"""A request's way: decode, validate, predict, encode; and the state of the model it needs. No HTTP in here."""
