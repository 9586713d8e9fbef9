"""What `train` does after a script where the SDK has replaced `train`: version 3's ModelTrainer runs its own driver.

A line in the image's site-packages imports this module in every Python that has SM_ENTRY_SCRIPT, which the driver sets.
The first of them, which is the driver itself (or the script, where SourceCode has a command), packs when it ends.
"""

from __future__ import annotations

import atexit
import subprocess
import sys
from collections.abc import Callable, MutableMapping, Sequence
from pathlib import Path
from typing import Any, Final

from container import contract

DRIVERS: Final = "sm_drivers"
CODE: Final = "code"
_MARK: Final = "COPPICE_PACKS_AFTERWARDS"
"""In the environment of all processes below the one that packs."""


def register(
    environment: MutableMapping[str, str], arguments: Sequence[str], at_exit: Callable[..., Any] = atexit.register
) -> bool:
    """Have this process, started with `arguments`, pack at its end, if it is the one to; returns whether it is."""
    program = _program(arguments)
    is_driver = program.endswith("basic_script_driver.py")
    is_script = program.endswith(".py") and DRIVERS not in program and not environment.get("SM_ENTRY_SCRIPT")
    is_first = environment.get("SM_CURRENT_HOST_RANK", "0") in ("", "0")
    if _MARK in environment or not is_first or not (is_driver or is_script):
        return False
    environment[_MARK] = "1"
    name = environment.get("SM_ENTRY_SCRIPT") or program
    at_exit(pack, Path(environment.get("SM_MODEL_DIR") or f"{contract.BASE_DIR}/model").parent, name)
    return True


def _program(arguments: Sequence[str]) -> str:
    """The file that Python was started with; of `-m`, only a module of the working directory's."""
    rest = iter(arguments[1:])
    for argument in rest:
        if argument == "-m":
            place = next(rest, "").replace(".", "/")
            return next((file for file in (f"{place}.py", f"{place}/__main__.py") if Path(file).is_file()), "")
        if argument in ("-X", "-W"):
            next(rest, "")
        elif argument == "-c" or not argument.startswith("-"):
            return argument
    return ""


def pack(base: Path, program: str) -> None:
    """Pack what the script has left below `base`, unless it has failed; in a process of its own, as this one ends."""
    if (base / "output" / "failure").exists() or getattr(sys, "last_value", None) is not None:
        return
    sys.stdout.flush()
    subprocess.run([sys.executable, "-P", "-m", __name__, base, program], check=False)  # noqa: S603 - this very file


def main(base: Path, program: str) -> None:
    """Pack what `program` has left below `base`."""
    from container.packing.gather import names_in
    from container.training.adopt import Source, adopt

    data = base / "input" / "data"
    channels = {path.name: path for path in data.iterdir() if path.is_dir() and path.name not in (CODE, DRIVERS)}
    path = Path(program)
    name = path.relative_to(data / CODE) if path.is_relative_to(data / CODE) else path
    source = Source(data / CODE, name.as_posix(), names_in(data / CODE))
    adopt(base / "model", source, channels, "", lambda line: print(line, flush=True))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
