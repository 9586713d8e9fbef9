"""Looks for what would stop a deploy before it is tried: one object a check, each with its own collaborators."""
