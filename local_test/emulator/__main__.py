"""`python -m local_test.emulator '{"port": 4599, …}'`: the program behind `coppice local up --detach`.

Takes Options as JSON. Prints one JSON document on stdout once it answers, or the error when it can't; from then on it
writes to the log in its run folder.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from container.errors import ContainerError
from local_test.emulator.limits import Limits
from local_test.emulator.options import Options
from local_test.emulator.run import run
from local_test.emulator.run_folder import LOG, Info


def main() -> int:
    """Run it; 1 where it can't."""
    try:
        run(parse(sys.argv[1] if sys.argv[1:] else "{}"), detach, report)
    except ContainerError as error:
        say({"error": {"code": error.code, "message": error.message, "hint": error.hint}})
        return 1
    return 0


def parse(text: str) -> Options:
    """Options from JSON; what isn't given is as by default."""
    members = json.loads(text)
    if members.get("state") is not None:
        members["state"] = Path(members["state"])
    return Options(**members | {"limits": Limits(**members.get("limits", {}))})


def detach(info: Info, folder: Path) -> None:
    """Tell whoever started it, and let go of their streams."""
    say(info._asdict())
    log = os.open(folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for stream, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(stream, target)
    os.close(log)
    os.close(nothing)


def report(line: str) -> None:
    """A call's line, into the log."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def say(document: object) -> None:
    """A line on stdout."""
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
