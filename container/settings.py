"""Every environment variable the container listens to, declared once and read once, at start.

Nobody else looks at `os.environ`. A value that isn't allowed stops the start and says which, why and what would do.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final, NamedTuple

from container import contract
from container.errors import SettingsError

Parser = Callable[[str], Any]


class Variable(NamedTuple):
    """One setting's names in the environment (the first one set wins), its parser and its description."""

    names: tuple[str, ...]
    parse: Parser
    allowed: str
    about: str


def _integer(low: int, high: int) -> Parser:
    def parse(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise ValueError(text)
        return value

    return parse


def _flag(text: str) -> bool:
    # SageMaker sends "true", its SDK's local mode "True", people "1".
    return {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False, "": False}[text.lower()]


def _one_of(*choices: str) -> Parser:
    by_name = {choice.lower(): choice for choice in choices}
    return lambda text: by_name[text.lower()]


def _level(text: str) -> int:
    if text.isdigit():
        return int(_integer(logging.DEBUG, logging.CRITICAL)(text))
    return logging.getLevelNamesMapping()[text.upper()]


def _outputs(text: str) -> tuple[str, ...]:
    wanted = tuple(part.strip() for part in text.split(",") if part.strip())
    if len(set(wanted)) != len(wanted) or not set(wanted) <= set(contract.INFERENCE_OUTPUTS):
        raise ValueError(text)
    return wanted


def _script(text: str) -> str:
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(text)
    return str(path)


def _media_type(text: str) -> str:
    if text.count("/") != 1:
        raise ValueError(text)
    return text


VARIABLES: Final[dict[str, Variable]] = {
    "base_dir": Variable(("SAGEMAKER_BASE_DIR",), Path, "a folder", "Where SageMaker's `/opt/ml` is."),
    "port": Variable(("SAGEMAKER_BIND_TO_PORT",), _integer(0, 65535), "a port, 0 to 65535", "The port to listen on."),
    "workers": Variable(
        ("SAGEMAKER_MODEL_SERVER_WORKERS", "MODEL_SERVER_WORKERS"),
        _integer(1, 256),
        "a whole number, 1 to 256",
        "Worker processes. They fork after the model is loaded and share its memory.",
    ),
    "timeout": Variable(
        ("SAGEMAKER_MODEL_SERVER_TIMEOUT", "MODEL_SERVER_TIMEOUT"),
        _integer(1, 3600),
        "seconds, 1 to 3600",
        "How long a request may wait for its turn before 503, and a worker may hang before it is replaced.",
    ),
    "program": Variable(
        ("SAGEMAKER_PROGRAM",),
        _script,
        "a path inside the submit directory, such as inference.py",
        "The user's script, to serve with or to train with; `inference.py` where only a folder is named.",
    ),
    "submit_directory": Variable(
        ("SAGEMAKER_SUBMIT_DIRECTORY",),
        str,
        "a folder, a .tar.gz, or an s3:// address of one",
        "Where the script is: by default `code/` in the model.",
    ),
    "default_accept": Variable(
        ("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT",),
        _media_type,
        "a media type such as application/json",
        "What to answer when Accept is missing or `*/*`; by default the request's own media type.",
    ),
    "max_payload_mb": Variable(
        ("SAGEMAKER_MAX_PAYLOAD_IN_MB",),
        _integer(0, 1024),
        "MiB, 0 to 1024",
        "The largest request body; 0, batch transform's chunked mode, lifts the limit.",
    ),
    "batch": Variable(
        ("SAGEMAKER_BATCH",), _flag, "true or false", "Set by batch transform; logged, nothing else changes."
    ),
    "batch_strategy": Variable(
        ("SAGEMAKER_BATCH_STRATEGY",),
        _one_of(*contract.BATCH_STRATEGIES),
        " or ".join(contract.BATCH_STRATEGIES),
        "What `/execution-parameters` answers as BatchStrategy.",
    ),
    "max_concurrent_transforms": Variable(
        ("SAGEMAKER_MAX_CONCURRENT_TRANSFORMS",),
        _integer(0, 100),
        "a whole number, 0 to 100",
        "What `/execution-parameters` answers as MaxConcurrentTransforms; 0 means the cores at hand.",
    ),
    "log_level": Variable(
        ("SAGEMAKER_CONTAINER_LOG_LEVEL",),
        _level,
        "10 to 50, or DEBUG, INFO, WARNING, ERROR, CRITICAL",
        "The least severe log line that is written.",
    ),
    "inference_output": Variable(
        ("SAGEMAKER_INFERENCE_OUTPUT",),
        _outputs,
        "some of " + ", ".join(contract.INFERENCE_OUTPUTS) + ", separated by commas",
        "What a classifier answers for each row; by default the label alone.",
    ),
    "metrics": Variable(
        ("COPPICE_METRICS",),
        _one_of("off", "emf"),
        "off or emf",
        "`emf` writes a CloudWatch embedded-metric line for each invocation to stdout.",
    ),
    "page": Variable(
        ("COPPICE_PAGE",),
        _flag,
        "on or off",
        "Serve the page at `/` and its `/openapi.json`; `coppice serve` does.",
    ),
}


class Settings(NamedTuple):
    """What the environment asked for; the defaults are the container's."""

    base_dir: Path = Path(contract.BASE_DIR)
    port: int = contract.PORT
    workers: int = 1
    timeout: int = contract.INVOCATION_TIMEOUT_SECONDS
    program: str = ""
    submit_directory: str = ""
    default_accept: str = ""
    max_payload_mb: int = contract.MAX_PAYLOAD_MB
    batch: bool = False
    batch_strategy: str = contract.BATCH_STRATEGIES[0]
    max_concurrent_transforms: int = 0
    log_level: int = logging.INFO
    inference_output: tuple[str, ...] = ()
    metrics: str = "off"
    page: bool = False

    @property
    def model_dir(self) -> Path:
        """Where SageMaker puts the unpacked model, and where training leaves it."""
        return self.base_dir / "model"

    @property
    def max_payload_bytes(self) -> int | None:
        """The body limit in bytes; None for none."""
        return self.max_payload_mb * contract.MEBIBYTE or None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the variables above; raises SettingsError at the first bad one. An empty one counts as unset."""
        values: dict[str, Any] = {}
        defaults = cls._field_defaults
        for field, variable in VARIABLES.items():
            name = next((name for name in variable.names if environment.get(name)), None)
            if name is None:
                continue
            text = environment[name].strip()
            try:
                values[field] = variable.parse(text)
            except (ValueError, KeyError):
                raise SettingsError(
                    f"The environment variable {name} is {text!r}; allowed is {variable.allowed}.",
                    f"Change it, or unset it for the default ({_shown(defaults[field], variable.allowed)}).",
                ) from None
        return cls(**values)


def _shown(default: object, allowed: str) -> str:
    if isinstance(default, bool):
        return allowed.split(" or ")[0 if default else 1]
    return "none" if default in ("", ()) else str(default)
