"""The end of what killed emulators left here: their registries, instances and folders."""

from __future__ import annotations

from local_test.emulator import run_folder
from local_test.emulator.instances import choose
from local_test.emulator.registry import server


def sweep() -> None:
    """Leave alone what belongs to an emulator that lives."""
    for folder in run_folder.folders():
        if not run_folder.lives(folder):
            server.sweep(folder)
    choose.sweep(run_folder.root())
