"""What a training script is told: its arguments and the SM_* variables, by the names of AWS's training toolkit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from container import resources

LOG_LEVEL: Final = 20

_KNOWN: Final = ("program", "submit_directory", "container_log_level", "job_name", "region", "s3_output")
"""What the toolkit takes itself of the SDK's sagemaker_… hyperparameters; it tells the script the others."""


class Surroundings(NamedTuple):
    """The job, its hosts and its channels, from SageMaker's own files."""

    job: str
    hosts: tuple[str, ...]
    current_host: str
    channels: tuple[str, ...]
    resource_config: Mapping[str, Any]
    input_data_config: Mapping[str, Any]

    @property
    def is_first(self) -> bool:
        """Whether this is the host that packs."""
        return self.current_host == self.hosts[0]


class TrainingScript(NamedTuple):
    """A program in a folder; `where` is the folder's name as it was given.

    `values` are the hyperparameters for it, `sdks` those that SageMaker's SDK adds (sagemaker_…).
    """

    folder: Path
    program: str
    where: str
    values: dict[str, Any]
    sdks: dict[str, Any]


def arguments(values: Mapping[str, Any]) -> list[str]:
    """`--key value` for each hyperparameter, sorted; `-k value` for one letter."""
    given = []
    for name in sorted(values):
        given += [f"--{name}" if len(name) > 1 else f"-{name}", _argument(values[name])]
    return given


def _argument(value: Any) -> str:
    if isinstance(value, dict):
        return ",".join(f"{key}={item}" for key, item in sorted(value.items()))
    return "" if value is None else str(value)


def variables(script: TrainingScript, base: Path, around: Surroundings) -> dict[str, str]:
    """The variables, below `base` for /opt/ml. Texts are as they are, anything else is JSON."""
    folders = {name: str(base / "input" / "data" / name) for name in around.channels}
    job = around.job or str(script.sdks.get("sagemaker_job_name") or "")
    rest = {name: value for name, value in script.sdks.items() if name.removeprefix("sagemaker_") not in _KNOWN}
    told = {**_places(base), **_machines(around), **_program(script)}
    told |= {"resource_config": dict(around.resource_config), "input_data_config": dict(around.input_data_config)}
    whole = {
        **told,
        "hyperparameters": script.values,
        "channel_input_dirs": folders,
        "job_name": job,
        "is_master": around.is_first,
        "master_hostname": around.hosts[0],
        "additional_framework_parameters": rest,
    }
    told |= {"hps": script.values, "user_args": arguments(script.values), "channels": sorted(folders)}
    told |= {"framework_params": rest, "job_name": job, "training_env": whole}
    told |= {f"channel_{name}": folder for name, folder in folders.items()}
    told |= {f"hp_{name}": value for name, value in script.values.items()}
    toolkits = {
        "CURRENT_HOST": around.current_host,
        "SAGEMAKER_JOB_NAME": job,
        "SAGEMAKER_REGION": str(script.sdks.get("sagemaker_region") or ""),
    }
    return {
        **{f"SM_{name.upper()}": _variable(value) for name, value in told.items()},
        **{name: value for name, value in toolkits.items() if value},
    }


def _places(base: Path) -> dict[str, Any]:
    return {
        "model_dir": str(base / "model"),
        "input_dir": str(base / "input"),
        "input_config_dir": str(base / "input" / "config"),
        "output_dir": str(base / "output"),
        "output_data_dir": str(base / "output" / "data"),
        "output_intermediate_dir": str(base / "output" / "intermediate"),
    }


def _machines(around: Surroundings) -> dict[str, Any]:
    config = around.resource_config
    group = config.get("current_group_name", "homogeneousCluster")
    listed = config.get("instance_groups")
    groups = {str(item.get("instance_group_name")): item for item in listed or [] if isinstance(item, dict)}
    return {
        "hosts": list(around.hosts),
        "current_host": around.current_host,
        "current_instance_type": config.get("current_instance_type", "local"),
        "current_instance_group": group,
        "current_instance_group_hosts": groups.get(group, {}).get("hosts", []),
        "instance_groups": list(groups),
        "instance_groups_dict": groups,
        "distribution_instance_groups": [],
        "is_hetero": len(groups) > 1,
        "network_interface_name": config.get("network_interface_name", "eth0"),
        "num_cpus": resources.cpus(),
        "num_gpus": 0,
        "num_neurons": 0,
    }


def _program(script: TrainingScript) -> dict[str, Any]:
    return {
        "user_entry_point": script.program,
        "module_name": script.program.removesuffix(".py"),
        "module_dir": script.where,
        "framework_module": None,
        "log_level": script.sdks.get("sagemaker_container_log_level", LOG_LEVEL),
    }


def _variable(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":"))
