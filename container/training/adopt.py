"""After a script has trained: packs what it left in the model folder, so that joblib.dump alone gets the fast path.

Whatever can't be packed stays as the script left it, and the log says why: the training itself was fine.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from container.artifact.manifest import MANIFEST_FILE
from container.artifact.store import BARE_FILES, CODE_DIR, FOREST_DIR, MODEL_FILE, Artifact
from container.errors import ContainerError, NotAnEstimator
from container.inference import sklearn_model
from container.inference.script.source import PROGRAM, has_hooks, hooks_in
from container.inference.unpickle import read_estimator
from container.packing import code, skew
from container.packing.write import write_manifest, write_script_manifest

Log = Callable[[str], None]

_PICKLES: Final = (".joblib", ".pkl", ".pickle")


def adopt(model_dir: Path, source: Path, program: str, channels: Mapping[str, Path], output: str, log: Log) -> None:
    """Write manifest and compiled forest beside the model that `program` in `source` left in `model_dir`.

    `channels` are the folders it was trained on, and `output` the end of what it said: for the check that the model
    answers what it was trained on.
    """
    if (model_dir / MANIFEST_FILE).is_file():
        log("the script has packed its model itself")
        return
    try:
        _pack(model_dir, source, program, channels, output, log)
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


def _pack(model_dir: Path, source: Path, program: str, channels: Mapping[str, Path], output: str, log: Log) -> None:
    served_by = _serving_program(model_dir, source, program)
    found = _model_file(model_dir)
    if found is None and served_by:
        _copy_code(source, model_dir)
        write_script_manifest(model_dir, served_by, _others(model_dir))
        log(f"{model_dir} holds no single .joblib or .pkl file: {served_by} is to load what is there")
        return
    if found is None:
        log(f"warning: {model_dir} holds no single .joblib or .pkl file, so nothing is packed")
        return
    if served_by:  # first, since the model may be one that only its script can load
        _copy_code(source, model_dir)
    with code.importable(source):
        try:
            estimator, written_by = read_estimator(Artifact(model_dir, None, found))
            described = sklearn_model.describe(estimator)
        except NotAnEstimator as error:
            if not (served_by and {"model_fn", "*"} & {*hooks_in(model_dir / CODE_DIR / served_by)}):
                raise
            files = _others(model_dir) + [MODEL_FILE] * (found == MODEL_FILE)
            write_script_manifest(model_dir, served_by, files)
            log(f"engine: script, because {error.message}")
            return
        if code.modules_of(source):  # unpickling may have imported something from there
            _copy_code(source, model_dir)
        _name_as_usual(model_dir, found, keep=bool(served_by), log=log)
        verdict = skew.check(estimator, channels, output, _scripts(source, served_by))
        for note in verdict.notes:
            log(f"skew check: {note}")
        for warning in verdict.warnings:
            log(f"WARNING: {warning}")
        described = described._replace(script=served_by, warnings=verdict.warnings)
        rows = skew.first_rows(described.schema, verdict)
        write_manifest(model_dir, estimator, described, rows, written_by, say=log, others=_others(model_dir))


def _serving_program(model_dir: Path, source: Path, program: str) -> str:
    """The file with the serving hooks, as AWS has it: inference.py beside the script, or the script itself."""
    if (model_dir / CODE_DIR / PROGRAM).is_file():
        return PROGRAM if has_hooks(model_dir / CODE_DIR / PROGRAM) else ""
    for name in (PROGRAM, program if program.endswith(".py") else f"{program.replace('.', '/')}.py"):
        if (source / name).is_file() and has_hooks(source / name):
            return name
    return ""


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


def _copy_code(source: Path, model_dir: Path) -> None:
    if not (model_dir / CODE_DIR).is_dir():  # else the script has put it there
        code.copy_code(source, model_dir)


def _scripts(source: Path, served_by: str) -> list[Path]:
    return [source / served_by] if served_by else []


def _others(model_dir: Path) -> list[str]:
    """What else lies in the model folder, for the manifest to vouch for."""
    names = (str(path.relative_to(model_dir)) for path in model_dir.rglob("*") if path.is_file())
    return sorted(name for name in names if name not in (MODEL_FILE, MANIFEST_FILE) and not name.startswith(FOREST_DIR))
