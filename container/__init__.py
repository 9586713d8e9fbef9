"""Everything that goes into the image: the server, the training program and what they share."""

from __future__ import annotations

from typing import Final

__version__: Final = "0.1.0"
