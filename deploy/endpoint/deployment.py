"""What an endpoint serves, or served before: small enough for a tag."""

from __future__ import annotations

from typing import NamedTuple


class Deployment(NamedTuple):
    """A configuration with the concurrency or instance count that it ran at; None where the configuration says it."""

    config: str
    max_concurrency: int | None = None
    provisioned: int | None = None

    @classmethod
    def from_tag(cls, text: str) -> Deployment:
        """Read a tag's value; raises ValueError."""
        config, *numbers = text.split()
        return cls(config, *(int(number) or None for number in numbers))

    def __str__(self) -> str:
        if self.max_concurrency is None:
            return self.config
        warm = f", {self.provisioned} provisioned" if self.provisioned else ""
        return f"{self.config} (up to {self.max_concurrency} at a time{warm})"

    def to_tag(self) -> str:
        """A tag's value."""
        if self.max_concurrency is None:
            return self.config
        return f"{self.config} {self.max_concurrency} {self.provisioned or 0}"
