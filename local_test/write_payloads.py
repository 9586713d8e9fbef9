"""Write payload.csv and payload.json, the requests to try with, from the example rows of the model that is served."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main(model: str) -> None:
    """Rewrite the payloads that don't belong to `model`, and say so."""
    coppice = Path(sys.executable).with_name("coppice")
    for form in ("csv", "json"):
        command = [str(coppice), "inspect", model, "--example", form]
        body = subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603
        payload = HERE / f"payload.{form}"
        if not payload.exists() or payload.read_bytes() != body:
            payload.write_bytes(body)
            sys.stderr.write(f"local_test/{payload.name} now holds example rows of this model\n")


if __name__ == "__main__":
    main(sys.argv[1])
