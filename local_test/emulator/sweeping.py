"""The end of what killed emulators left here: their registries, instances and folders."""

from __future__ import annotations

from contextlib import suppress

from local_test.emulator import run_folder
from local_test.emulator.instances import choose
from local_test.emulator.registry import server


def sweep() -> None:
    """Leave alone what belongs to an emulator that lives, or that starts meanwhile where a dead one was."""
    choose.sweep_docker()
    for folder in run_folder.folders():
        if run_folder.lives(folder):
            continue
        with suppress(run_folder.Taken), run_folder.locked(folder):
            server.sweep(folder)
            choose.sweep(folder)
            run_folder.remove(folder)
