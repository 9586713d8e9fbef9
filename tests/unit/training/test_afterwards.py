"""Which process packs where the SDK's driver has taken the place of `train`."""

from __future__ import annotations

from typing import Any

import pytest

from container.training import afterwards

DRIVER = ["/opt/coppice/bin/python3", "/opt/ml/input/data/sm_drivers/distributed_drivers/basic_script_driver.py"]


@pytest.mark.parametrize(
    ("environment", "arguments", "packs"),
    [
        ({"SM_ENTRY_SCRIPT": "train.py"}, DRIVER, True),
        ({"SM_ENTRY_SCRIPT": "train.py", "COPPICE_PACKS_AFTERWARDS": "1"}, ["python", "train.py"], False),
        ({"SM_ENTRY_SCRIPT": "train.py", "SM_CURRENT_HOST_RANK": "0"}, DRIVER, True),
        ({"SM_ENTRY_SCRIPT": "train.py", "SM_CURRENT_HOST_RANK": "1"}, DRIVER, False),
        ({"SM_ENTRY_SCRIPT": ""}, ["python", "train.py", "--x"], True),
        ({"SM_ENTRY_SCRIPT": ""}, ["python", "-u", "-W", "ignore", "train.py"], True),
        ({"SM_ENTRY_SCRIPT": ""}, ["python", "-m", "package.train"], True),
        ({"SM_ENTRY_SCRIPT": ""}, ["python", "-m", "pip"], False),
        ({"SM_ENTRY_SCRIPT": ""}, ["python", "-c", "print()"], False),
        ({"SM_ENTRY_SCRIPT": ""}, ["python", "/opt/ml/input/data/sm_drivers/scripts/install_requirements.py"], False),
        ({"SM_ENTRY_SCRIPT": "train.py"}, ["python", "-m", "pip"], False),
        ({"SM_ENTRY_SCRIPT": "train.py"}, ["python"], False),
    ],
)
def test_which_process_packs_after_the_sdks_driver(environment, arguments, packs, tmp_path, monkeypatch):
    (tmp_path / "package").mkdir()
    (tmp_path / "package/train.py").touch()
    monkeypatch.chdir(tmp_path)
    registered: list[Any] = []
    marked = "COPPICE_PACKS_AFTERWARDS" in environment
    assert afterwards.register(environment, arguments, lambda *call: registered.append(call)) is packs
    assert bool(registered) is packs and ("COPPICE_PACKS_AFTERWARDS" in environment) is (packs or marked)
