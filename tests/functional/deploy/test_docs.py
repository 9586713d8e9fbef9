"""The commands of docs/deploy.md, as they stand there, one after the other."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rollouts import IMAGE, ROLE, left

from deploy.endpoint.options import OPTIONS

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs/deploy.md").read_text()


def test_the_commands(front, cloud, right, packed, tmp_path):
    cloud.client("s3").create_bucket(Bucket="answers", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    shutil.copy(packed, tmp_path / "model.tar.gz")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "IMAGE": IMAGE, "COPPICE_ROLE": ROLE}
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL):
        for command in block.strip().splitlines():
            done = subprocess.run(
                command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
    assert sorted(left(cloud)["endpoints"]) == ["houses-fast", "houses-later", "houses-warm"]


def test_the_file(coppice, front, right, packed, tmp_path, monkeypatch, cloud):
    shutil.copy(packed, tmp_path / "model.tar.gz")
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    (tmp_path / "endpoint.toml").write_text(block.replace('"coppice:1.0"', f'"{IMAGE}"'))
    for stage in ([], ["--stage", "prod"]):
        code, _, err = coppice("deploy", "--role", ROLE, "--dry-run", *stage)
        assert code == 0, err


@pytest.mark.parametrize("key", OPTIONS)
def test_every_key_is_documented(key):
    assert f"`{key}`" in TEXT
