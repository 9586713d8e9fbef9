"""Imports the user's script. No other file runs a user's code by name."""

from __future__ import annotations

import importlib.util
import logging
import sys
from pathlib import Path
from types import FunctionType, ModuleType

from container import logs
from container.errors import ScriptError
from container.inference.script import externals, failures, stand_ins
from container.inference.script.source import Script


def import_script(script: Script) -> ModuleType:
    """The script as a module, with the modules beside it importable; raises ScriptError or MissingLibrary."""
    add_to_path(script)
    stand_ins.register()
    externals.offer()
    if reconfigure := getattr(sys.stdout, "reconfigure", None):  # what the script prints is read as it comes
        reconfigure(line_buffering=True)
    name = script.path.stem
    spec = importlib.util.spec_from_file_location(name, script.path)
    if spec is None or spec.loader is None:
        raise ScriptError(f"{script.program} is not a Python file.", "Name a .py file.")
    module = importlib.util.module_from_spec(spec)
    # Under its own name, for what imports or unpickles it by that; but never in the place of a module that is there.
    sys.modules.setdefault(name, module)
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        if failures.is_the_servers(error):
            raise
        raise failures.at_start(f"importing {script.program}", error, script.folder) from None
    _stand_for_main(module)
    return module


def _stand_for_main(module: ModuleType) -> None:
    """Have the script's classes and functions where a pickle looks for those of a training script: in `__main__`.

    A script that trains is `__main__` meanwhile, and what it pickles of its own has that name for good.
    """
    main = sys.modules["__main__"]
    for name, value in list(vars(module).items()):
        if isinstance(value, type | FunctionType) and not hasattr(main, name):
            setattr(main, name, value)


def add_to_path(script: Script) -> None:
    """Let the script import what lies beside it, first of all, as if it had been started there.

    From here on no bytecode is written: in a packed model it would be files that the manifest doesn't list, and the
    next start would refuse them.
    """
    sys.dont_write_bytecode = True
    for folder in dict.fromkeys((str(script.folder), str(script.path.parent))):
        if folder not in sys.path:
            sys.path.insert(0, folder)
        _warn_of_taken_names(Path(folder))


def _warn_of_taken_names(folder: Path) -> None:
    names = [path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()]
    taken = [name for name in names if name in sys.modules and not _is_from(sys.modules[name], folder)]
    if taken:
        logs.event(
            "modules beside the script have names that are taken; importing them gives the others",
            level=logging.WARNING,
            modules=sorted(taken),
        )


def _is_from(module: ModuleType, folder: Path) -> bool:
    return Path(getattr(module, "__file__", None) or "/").is_relative_to(folder)
