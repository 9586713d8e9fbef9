"""The image's entry point: `docker run IMAGE serve` and `docker run IMAGE train`, as SageMaker calls them."""

from __future__ import annotations

import gc
import sys
import time


def main(arguments: list[str]) -> int:
    """Run one of the two programs; importing only that one."""
    match arguments:
        case ["serve"]:
            entered = time.monotonic()
            gc.disable()  # until the server is up: see launch.serve
            from container.server.launch import main as serve

            return serve(entered)
        case ["train"]:
            from container.training.program import main as train

            return train()
    came = " ".join(arguments) or "nothing"
    sys.stderr.write(f"This image runs `serve` or `train`; it was asked for {came}.\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
