"""Coppice where the native kernel wasn't built: its import fails, as it does there, and NumPy's traversal serves."""

from __future__ import annotations

import sys

sys.modules["container.forest._kernel"] = None  # type: ignore[assignment]  # None makes the import fail

from container.__main__ import main  # noqa: E402

sys.exit(main(["serve"]))
