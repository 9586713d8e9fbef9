"""What a training script is told: its arguments and the SM_* variables, by the names of AWS's training toolkit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from container import resources


class Surroundings(NamedTuple):
    """The job, its hosts and its channels, from SageMaker's own files."""

    job: str
    hosts: tuple[str, ...]
    current_host: str
    channels: tuple[str, ...]
    resource_config: Mapping[str, Any]
    input_data_config: Mapping[str, Any]


def arguments(values: Mapping[str, Any]) -> list[str]:
    """`--key value` for each hyperparameter, sorted; `-k value` for one letter."""
    given = []
    for name in sorted(values):
        given += [f"--{name}" if len(name) > 1 else f"-{name}", _argument(values[name])]
    return given


def _argument(value: Any) -> str:
    if isinstance(value, dict):
        return ",".join(f"{key}={item}" for key, item in sorted(value.items()))
    return str(value)


def variables(
    program: str, module_dir: str, values: Mapping[str, Any], given: list[str], base: Path, around: Surroundings
) -> dict[str, str]:
    """The SM_* variables. Texts are as they are, anything else is JSON."""
    folders = {name: str(base / "input" / "data" / name) for name in around.channels}
    module = program.removesuffix(".py").replace("/", ".")
    told: dict[str, Any] = {
        "model_dir": str(base / "model"),
        "input_dir": str(base / "input"),
        "input_config_dir": str(base / "input" / "config"),
        "output_dir": str(base / "output"),
        "output_data_dir": str(base / "output" / "data"),
        "output_intermediate_dir": str(base / "output" / "intermediate"),
        "channels": sorted(around.channels),
        "hosts": list(around.hosts),
        "current_host": around.current_host,
        "current_instance_type": around.resource_config.get("current_instance_type", "local"),
        "current_instance_group": around.resource_config.get("current_group_name", "homogeneousCluster"),
        "network_interface_name": around.resource_config.get("network_interface_name", "eth0"),
        "num_cpus": resources.cpus(),
        "num_gpus": 0,
        "num_neurons": 0,
        "hps": dict(values),
        "user_args": given,
        "user_entry_point": program,
        "entry_point": program,
        "module_name": module,
        "module_dir": module_dir,
        "framework_module": "",
        "framework_params": {},
        "job_name": around.job,
        "log_level": 20,
        "resource_config": dict(around.resource_config),
        "input_data_config": dict(around.input_data_config),
    }
    whole = {
        **{name: value for name, value in told.items() if name not in ("hps", "channels", "user_args", "entry_point")},
        "hyperparameters": dict(values),
        "channel_input_dirs": folders,
        "is_master": around.current_host == around.hosts[0],
        "master_hostname": around.hosts[0],
        "additional_framework_parameters": {},
    }
    told |= {f"channel_{name}": folder for name, folder in folders.items()}
    told |= {f"hp_{name}": value for name, value in values.items()}
    told["training_env"] = whole
    return {f"SM_{name.upper()}": _variable(value) for name, value in told.items()}


def _variable(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
