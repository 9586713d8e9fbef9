"""After a script has trained: packs what it left in the model folder, so that joblib.dump alone gets the fast path.

Whatever can't be packed stays as the script left it, and the log says why: the training itself was fine.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from container.artifact.manifest import MANIFEST_FILE
from container.artifact.store import BARE_FILES, CODE_DIR, FOREST_DIR, MODEL_FILE, Artifact
from container.errors import ArtifactError, ContainerError, PackingError
from container.inference import sklearn_model
from container.inference.script.source import PROGRAM, hooks_in
from container.inference.unpickle import read_estimator
from container.packing import code, skew
from container.packing.plain_hooks import may_preprocess
from container.packing.write import write_manifest, write_script_manifest

Log = Callable[[str], None]

_PICKLES: Final = (".joblib", ".pkl", ".pickle")


class Source(NamedTuple):
    """The folder of the training script `program`, and the names of the files that were in it before it ran."""

    folder: Path
    program: str
    files: Sequence[str]


class _Server(NamedTuple):
    """The file that will answer requests, relative to code/, and its hooks; empty where Coppice answers alone."""

    program: str = ""
    hooks: tuple[str, ...] = ()

    @property
    def may_load(self) -> bool:
        """Whether it has a model_fn, or that can't be told."""
        return bool({"model_fn", "*"} & {*self.hooks})


def adopt(model_dir: Path, source: Source, channels: Mapping[str, Path], output: str, log: Log) -> None:
    """Write manifest and compiled forest beside the model that the script of `source` left in `model_dir`.

    `channels` are the folders it was trained on, and `output` the end of what it said: for the check that the model
    answers what it was trained on.
    """
    if (model_dir / MANIFEST_FILE).is_file():
        log("the script has packed its model itself")
        return
    try:
        _pack(model_dir, source, channels, output, log)
    except ContainerError as error:
        _leave(model_dir, error.paragraph(), log)
    except Exception as error:  # noqa: BLE001 - the model is the user's, and may raise anything when it is tried
        _leave(model_dir, f"{type(error).__name__}: {error}", log)


def clear(model_dir: Path) -> None:
    """Remove what an earlier run packed there, where the folder is used again: it isn't of the model to come."""
    if (model_dir / MANIFEST_FILE).is_file():
        (model_dir / MANIFEST_FILE).unlink()
        for folder in (FOREST_DIR, CODE_DIR):
            shutil.rmtree(model_dir / folder, ignore_errors=True)


def _leave(model_dir: Path, why: str, log: Log) -> None:
    (model_dir / MANIFEST_FILE).unlink(missing_ok=True)
    shutil.rmtree(model_dir / FOREST_DIR, ignore_errors=True)
    log(f"warning: the model is left as the script wrote it, not packed: {why}")


def _pack(model_dir: Path, source: Source, channels: Mapping[str, Path], output: str, log: Log) -> None:
    served_by = _server(model_dir, source)
    found = _model_file(model_dir)
    if found is None:
        left = ", ".join(sorted(path.name for path in model_dir.iterdir())[:8]) or "is empty"
        why = f"no single .joblib or .pkl file is in {model_dir} ({left})"
        if not served_by.may_load:
            log(f"warning: {why}, so nothing is packed. Save the model in SM_MODEL_DIR, as model.joblib")
            return
        _leave_to_script(model_dir, source, served_by, why, log)
        return
    if served_by.program:  # also where the model then can't be packed: it is for the script to load
        _copy_code(source, model_dir)
    try:
        _pack_estimator(model_dir, source, found, served_by, channels, output, log)
    except (ArtifactError, PackingError) as error:
        if not served_by.may_load:
            raise
        shutil.rmtree(model_dir / FOREST_DIR, ignore_errors=True)
        _leave_to_script(model_dir, source, served_by, error.message.rstrip("."), log)


def _pack_estimator(
    model_dir: Path,
    source: Source,
    found: str,
    served_by: _Server,
    channels: Mapping[str, Path],
    output: str,
    log: Log,
) -> None:
    with code.importable(source.folder):
        estimator, written_by = read_estimator(Artifact(model_dir, None, found))
        if code.modules_of(source.folder):  # unpickling has imported something from there
            _copy_code(source, model_dir)
        described = sklearn_model.describe(estimator)
        _name_as_usual(model_dir, found, keep=bool(served_by.program), log=log)
        verdict = skew.check(estimator, channels, output, _by_script(model_dir, served_by, found))
        for note in verdict.notes:
            log(f"skew check: {note}")
        for warning in verdict.warnings:
            log(f"WARNING: {warning}")
        described = described._replace(script=served_by.program, warnings=verdict.warnings)
        rows = skew.first_rows(described.schema, verdict)
        write_manifest(model_dir, estimator, described, rows, written_by, say=log, others=_others(model_dir))


def _by_script(model_dir: Path, served_by: _Server, found: str) -> str:
    """Which serving hook may preprocess, in words; empty where none does."""
    if not served_by.program:
        return ""
    hook = may_preprocess(model_dir / CODE_DIR / served_by.program, (found, MODEL_FILE))
    return f"{'a hook' if hook == '*' else hook} of {served_by.program}" if hook else ""


def _leave_to_script(model_dir: Path, source: Source, served_by: _Server, why: str, log: Log) -> None:
    """A model that only its script's model_fn can load: packed as the files it is."""
    _copy_code(source, model_dir)
    write_script_manifest(model_dir, served_by.program, _files(model_dir))
    log(f"{why}: {served_by.program} is to load what is there, and nothing is compiled")


def _server(model_dir: Path, source: Source) -> _Server:
    """The file with the serving hooks, as AWS has it: inference.py beside the script, or the script itself."""
    brought = model_dir / CODE_DIR / PROGRAM
    if brought.is_file():
        hooks = hooks_in(brought)
        return _Server(PROGRAM, hooks) if hooks else _Server()
    own = source.program if source.program.endswith(".py") else f"{source.program.replace('.', '/')}.py"
    for name in (PROGRAM, (Path(own).parent / PROGRAM).as_posix(), own):
        if (source.folder / name).is_file() and (hooks := hooks_in(source.folder / name)):
            return _Server(Path(name).as_posix(), hooks)
    return _Server()


def _model_file(model_dir: Path) -> str | None:
    """The usual name, else the only pickle there is."""
    for name in BARE_FILES:
        if (model_dir / name).is_file():
            return name
    found = [path.name for path in model_dir.iterdir() if path.suffix in _PICKLES and path.is_file()]
    return found[0] if len(found) == 1 else None


def _name_as_usual(model_dir: Path, found: str, keep: bool, log: Log) -> None:
    """Have the model file under the name that it is served by; the script's own hooks may look for the other."""
    if found == MODEL_FILE:
        return
    if keep:
        shutil.copyfile(model_dir / found, model_dir / MODEL_FILE)
    else:
        (model_dir / found).rename(model_dir / MODEL_FILE)
    log(f"{found} is {'copied to' if keep else 'now'} {MODEL_FILE}")


def _copy_code(source: Source, model_dir: Path) -> None:
    if not (model_dir / CODE_DIR).is_dir():  # else the script has put it there
        code.copy_code(source.folder, model_dir, only=source.files)


def _files(model_dir: Path) -> list[str]:
    """What lies in the model folder, for the manifest to vouch for."""
    names = (path.relative_to(model_dir).as_posix() for path in model_dir.rglob("*") if path.is_file())
    return sorted(name for name in names if name != MANIFEST_FILE and not name.startswith(FOREST_DIR + "/"))


def _others(model_dir: Path) -> list[str]:
    """What is there besides the model."""
    return [name for name in _files(model_dir) if name != MODEL_FILE]
