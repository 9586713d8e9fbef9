"""A training script of the user's: where it is, and the run of it, as AWS's script-mode containers have it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from container.artifact import code
from container.errors import ScriptError
from container.packing.gather import names_in
from container.settings import Settings
from container.training import script_failure
from container.training.adopt import Source, adopt, clear
from container.training.child import run_child
from container.training.hyperparameters import FOREIGN_PREFIXES
from container.training.script_environment import Surroundings, TrainingScript, arguments, variables

Log = Callable[[str], None]

PROGRAM: Final = "train.py"
CODE_CHANNEL: Final = "code"


def decode(texts: Mapping[str, Any]) -> dict[str, Any]:
    """Hyperparameters as SageMaker sends them, all texts, of which the SDK's hold JSON."""
    return {name: _decoded(text) for name, text in texts.items()}


def _decoded(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def is_named(texts: Mapping[str, Any], settings: Settings) -> bool:
    """Whether a script is to train, rather than Coppice itself."""
    return bool(_named(decode(texts), settings.program, "program") or _submitted(decode(texts), settings))


def _named(values: Mapping[str, Any], setting: str, key: str) -> str:
    return str(values.get(f"sagemaker_{key}") or setting or "").strip()


def _submitted(values: Mapping[str, Any], settings: Settings) -> str:
    return _named(values, settings.submit_directory, "submit_directory")


def find(texts: Mapping[str, Any], settings: Settings, workplace: Path) -> TrainingScript:
    """The script; what must be unpacked goes into `workplace`. Raises ScriptError, which says where it looked."""
    values = decode(texts)
    program = _named(values, settings.program, "program") or PROGRAM
    where = _submitted(values, settings) or str(_usual_place(settings.base_dir))
    folder = code.obtain(where, workplace, settings.base_dir)
    archives = sorted(folder.glob("*.tar.gz"))
    if not (folder / program).exists() and len(archives) == 1:  # a channel may bring the SDK's sourcedir.tar.gz
        folder = code.obtain(str(archives[0]), workplace, settings.base_dir)
    own = {name: value for name, value in values.items() if not name.startswith(FOREIGN_PREFIXES)}
    sdks = {name: value for name, value in values.items() if name.startswith("sagemaker_")}
    script = TrainingScript(folder.absolute(), program, where, own, sdks)
    _check(script)
    return script


def _usual_place(base: Path) -> Path:
    places = (base / "input" / "data" / CODE_CHANNEL, base / CODE_CHANNEL)
    found = next((place for place in places if place.is_dir()), None)
    if found is None:
        raise ScriptError(
            f"A training script is named, but not where it is, and neither {places[0]} nor {places[1]} is there.",
            f"Set {code.VARIABLE} or the hyperparameter sagemaker_submit_directory, or pass a channel named code.",
        )
    return found


def _check(script: TrainingScript) -> None:
    if _is_module(script):
        return
    if (script.folder / script.program).is_file():
        if Path(script.program).suffix in (".py", ""):
            return
        raise ScriptError(
            f"The training script is {script.program}; only Python is run here.", "Name a .py file, or a module."
        )
    found = sorted(str(path.relative_to(script.folder)) for path in script.folder.rglob("*.py"))
    raise ScriptError(
        f"There is no {script.program} in {script.where}; "
        + (f"of Python files it has {', '.join(found[:8])}{' …' * (len(found) > 8)}." if found else "it has none."),
        "Name the script with SAGEMAKER_PROGRAM or the hyperparameter sagemaker_program, or put it there.",
    )


def _is_module(script: TrainingScript) -> bool:
    place = script.folder / script.program.replace(".", "/")
    return not script.program.endswith(".py") and (
        place.with_suffix(".py").is_file() or (place / "__main__.py").is_file()
    )


def train(
    script: TrainingScript, base: Path, environment: Mapping[str, str], surroundings: Surroundings, log: Log
) -> None:
    """Run the script to its end, and pack what it left in the model folder; raises ScriptEnded."""
    for folder in ("model", "output/data", "output/intermediate"):
        (base / folder).mkdir(parents=True, exist_ok=True)
    clear(base / "model")
    _warn_of_requirements(script.folder, log)
    given = arguments(script.values)
    way = [script.program] if script.program.endswith(".py") else ["-m", script.program]
    source = Source(script.folder, script.program, names_in(script.folder))
    log(f"running {' '.join([*way, *given])} in {script.where}")
    with _at(base / "code", script.folder):
        told = variables(script, base, surroundings)
        ended = run_child([*way, *given], script.folder, {**environment, **told})
    if ended.code:
        raise script_failure.explain(script.program, ended, script.folder, _left(base / "output" / "failure"))
    log(f"{script.program} is done")
    if surroundings.is_first:  # what it logs goes to stderr, so its metrics may be there
        adopt(base / "model", source, _channels(base, surroundings), ended.output + ended.errors, log)


@contextmanager
def _at(place: Path, folder: Path) -> Iterator[None]:
    """While the script runs, have its folder in `place`, too: some scripts name /opt/ml/code, where AWS has it."""
    if place.is_symlink() and not place.exists():  # a run that was killed left it
        place.unlink()
    if place.exists():
        yield
        return
    with suppress(OSError):  # nothing can be written there, and few scripts miss it
        place.symlink_to(folder)
    try:
        yield
    finally:
        if place.is_symlink():
            place.unlink()


def _left(failure: Path) -> str:
    """What a script has put there itself, as those do that AWS's own containers don't run."""
    try:
        return failure.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _channels(base: Path, surroundings: Surroundings) -> dict[str, Path]:
    return {name: base / "input" / "data" / name for name in surroundings.channels if name != CODE_CHANNEL}


def _warn_of_requirements(folder: Path, log: Log) -> None:
    if unmet := code.unmet_requirements(folder):
        log(
            f"warning: requirements.txt asks for {', '.join(unmet)}, which this image doesn't have, and nothing is "
            f"installed at start. Put it into the image: {code.install_line(unmet)}"
        )
