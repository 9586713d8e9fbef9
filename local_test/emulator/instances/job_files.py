"""/opt/ml of a training container: written into it before it starts, and fetched when it has ended.

Through the engine rather than as a mount: files that a container writes as root could not be removed by whoever runs
the emulator, and an engine elsewhere doesn't see this machine's folders.
"""

from __future__ import annotations

import tarfile
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import docker.errors

from container import contract

RESULTS: Final = ("model", "output")
_SPOOLED_BYTES: Final = 64 * contract.MEBIBYTE


def put(container: Any, base: Path) -> None:
    """Write the folder `base` into the container, as /opt/ml, with model and output for it to write into."""
    with tempfile.SpooledTemporaryFile(_SPOOLED_BYTES) as packed:
        with tarfile.open(fileobj=packed, mode="w") as tar:
            root = contract.BASE_DIR.lstrip("/")
            for name in ("", "/model", "/output", "/output/data"):
                folder = tarfile.TarInfo(root + name)
                folder.type, folder.mode = tarfile.DIRTYPE, 0o777
                tar.addfile(folder)
            tar.add(base / "input", f"{root}/input")
        packed.seek(0)
        container.put_archive("/", packed)


def collect(container: Any, base: Path) -> None:
    """Fetch what it wrote into /opt/ml/model and /opt/ml/output, into the folders of these names in `base`."""
    for name in RESULTS:
        with suppress(docker.errors.NotFound), tempfile.TemporaryFile() as packed:
            for chunk in container.get_archive(f"{contract.BASE_DIR}/{name}")[0]:
                packed.write(chunk)
            packed.seek(0)
            with tarfile.open(fileobj=packed) as tar:
                tar.extractall(base, filter="data")
