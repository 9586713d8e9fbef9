"""The `train` program: SageMaker's folders and files around one training run.

Reads /opt/ml/input (below SAGEMAKER_BASE_DIR), writes /opt/ml/model and /opt/ml/output. On failure the cause goes to
/opt/ml/output/failure, which becomes the job's FailureReason, and the exit code is not 0.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from container import contract
from container.artifact.workplace import workplace
from container.errors import ContainerError, TrainingError
from container.settings import Settings
from container.training import script
from container.training.hyperparameters import Hyperparameters
from container.training.script_environment import Surroundings
from container.training.script_failure import ScriptEnded

TRAINING_CHANNELS: Final = ("training", "train")
HELD_OUT_CHANNELS: Final = ("validation", "test")
RESOURCE_FILES: Final = ("resourceconfig.json", "resourceConfig.json")
"""AWS documents the first and ships the second in its sample."""


def main() -> int:
    """What SageMaker starts: everything from the environment. Returns the exit code."""
    # As a container's first process we'd be deaf to SIGTERM, which is how a job is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    return do_job(os.environ, _say)


def do_job(environment: Mapping[str, str], log: Callable[[str], None]) -> int:
    """Run one training job; a failure is told on stderr and in SageMaker's file. Returns the exit code."""
    base = Path(environment.get("SAGEMAKER_BASE_DIR") or contract.BASE_DIR)
    try:
        run(Settings.from_environment(environment), environment, log)
    except ScriptEnded as error:
        return _fail(base, error.paragraph(), error.exit_code)
    except ContainerError as error:
        return _fail(base, error.paragraph())
    except OSError as error:
        return _fail(base, f"{error.filename or 'A file'} can't be read or written: {error.strerror or error}.")
    except Exception as error:  # noqa: BLE001 - whatever it is, the job must say so and end
        traceback.print_exc()
        return _fail(base, f"Training failed unexpectedly: {type(error).__name__}: {error}")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _fail(base: Path, cause: str, code: int = 1) -> int:
    sys.stderr.write(f"Training failed. {cause}\n")
    try:
        (base / "output").mkdir(parents=True, exist_ok=True)
        (base / "output" / "failure").write_text(cause[: contract.FAILURE_REASON_CHARS], encoding="utf-8")
    except OSError as error:
        sys.stderr.write(f"The cause could not be written to {base}/output/failure: {error.strerror}.\n")
    return code


def run(settings: Settings, environment: Mapping[str, str], log: Callable[[str], None]) -> None:
    """Train as the files below `settings.base_dir` say, or with the user's script; raises TrainingError."""
    base = settings.base_dir
    (base / "output" / "failure").unlink(missing_ok=True)  # an earlier run's, where the folder is used again
    texts = _read_json(base / "input" / "config" / "hyperparameters.json")
    if script.is_named(texts, settings):
        _run_script(texts, settings, environment, log)
    else:
        _run_own(base, Hyperparameters.parse(texts), log)


def _run_script(
    texts: dict[str, Any], settings: Settings, environment: Mapping[str, str], log: Callable[[str], None]
) -> None:
    base = settings.base_dir
    resources = _resources(base / "input" / "config")
    hosts = tuple(sorted(map(str, resources.get("hosts") or ["algo-1"])))
    data = base / "input" / "data"
    channels = _read_json(base / "input" / "config" / "inputdataconfig.json")
    folders = {path.name for path in data.iterdir() if path.is_dir()} if data.is_dir() else set()
    around = Surroundings(
        job=environment.get("TRAINING_JOB_NAME", ""),
        hosts=hosts,
        current_host=str(resources.get("current_host") or hosts[0]),
        channels=tuple(sorted(folders | channels.keys())),  # one that is piped has no folder
        resource_config=resources,
        input_data_config=channels,
    )
    with workplace() as folder:
        script.train(script.find(texts, settings, folder), base, environment, around, log)


def _run_own(base: Path, settings: Hyperparameters, log: Callable[[str], None]) -> None:
    config = base / "input" / "config"
    channels = _channels(_read_json(config / "inputdataconfig.json"))
    if _leave_it_to_another_host(config, channels, log):
        return

    # pandas, and below scikit-learn: slow to import
    from container.training.data import Dataset, read_channel
    from container.training.run import train

    def read(name: str, target: str | None) -> Dataset:
        return read_channel(data / name, settings.header, _content_type(name, channels), target, log)

    data = base / "input" / "data"
    present = [name for name in TRAINING_CHANNELS if (data / name).is_dir()]
    if len(present) != 1:
        found = sorted(path.name for path in data.iterdir() if path.is_dir()) if data.is_dir() else []
        raise TrainingError(
            f"One channel named training or train is needed below {data}; found: {', '.join(found) or 'none'}.",
            "Pass it to fit() or CreateTrainingJob's InputDataConfig.",
        )
    training = read(present[0], settings.target)
    # The same column in the other channels, wherever it stands there.
    target = str(training.target.name) if training.named else settings.target
    held_out = {name: read(name, target) for name in HELD_OUT_CHANNELS if (data / name).is_dir()}
    trained = train(training, held_out, settings, base / "model", log)
    output = base / "output" / "data"
    output.mkdir(parents=True, exist_ok=True)
    (output / "metrics.json").write_text(json.dumps(trained.scores, indent=2) + "\n", encoding="utf-8")
    log(f"model {trained.manifest.model_id} written to {base / 'model'}")


def _read_json(path: Path) -> dict[str, Any]:
    """An object from one of SageMaker's files; empty where there is none."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise TrainingError(f"{path} can't be read as JSON: {error}.") from None
    if not isinstance(document, dict):
        raise TrainingError(f"{path} holds no JSON object.")
    return document


def _channels(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    channels = {name: channel for name, channel in config.items() if isinstance(channel, dict)}
    for name, channel in channels.items():
        if channel.get("TrainingInputMode", "File") == "Pipe":
            raise TrainingError(
                f"The channel {name} comes in Pipe mode, which isn't read here.",
                "Use File or FastFile as TrainingInputMode.",
            )
    return channels


def _content_type(name: str, channels: dict[str, dict[str, Any]]) -> str:
    found = str(channels.get(name, {}).get("ContentType") or "").lower()
    if found and not any(known in found for known in ("csv", "parquet", "octet-stream", "text/plain")):
        raise TrainingError(
            f"The channel {name} has the ContentType {found!r}; {contract.CSV} and {contract.PARQUET} are read here."
        )
    return found


def _resources(config: Path) -> dict[str, Any]:
    resources: dict[str, Any] = {}
    for name in RESOURCE_FILES:
        resources = resources or _read_json(config / name)
    return resources


def _leave_it_to_another_host(config: Path, channels: dict[str, dict[str, Any]], log: Callable[[str], None]) -> bool:
    """A forest is fitted on one host: the first one of several does it, on all the data."""
    resources = _resources(config)
    listed = resources.get("hosts")
    hosts = sorted(map(str, listed)) if isinstance(listed, list) else []
    if len(hosts) < 2:
        return False
    sharded = [name for name, channel in channels.items() if channel.get("S3DistributionType") == "ShardedByS3Key"]
    if sharded:
        raise TrainingError(
            f"The channel {sharded[0]} is sharded over {len(hosts)} hosts, but a forest is fitted on one.",
            "Use one instance (a larger one if need be), or FullyReplicated.",
        )
    current = resources.get("current_host")
    if current not in hosts:
        raise TrainingError(
            f"{RESOURCE_FILES[0]} lists the hosts {', '.join(hosts)}, and says that this one is {current!r}."
        )
    if current == hosts[0]:
        log(f"{len(hosts)} hosts were asked for; a forest is fitted on one, and {hosts[0]} does it")
        return False
    log(f"{hosts[0]} fits the forest; this host has nothing to do")
    return True
