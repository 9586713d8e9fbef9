"""The record on disk."""

from __future__ import annotations

import json

import pytest

from deploy.errors import DeployError
from deploy.rollout.record import Record
from deploy.rollout.steps import Made


def open_record(folder):
    return Record(folder, "123456789012", "eu-west-1", "e")


def test_what_was_made_is_there_again(tmp_path):
    record = open_record(tmp_path)
    assert not record.path.exists()
    record.begin("deploy")
    record.add(Made("model", "m"))
    record.add(Made("model", "m"))
    again = open_record(tmp_path)
    assert (again.unfinished, again.made) == ("deploy", [Made("model", "m")])
    again.strike(Made("model", "m"))
    again.finish()
    last = open_record(tmp_path)
    assert (last.unfinished, last.made) == (None, [])
    assert json.loads(last.path.read_text())["schema_version"] == 1
    last.forget()
    last.forget()
    assert list(tmp_path.rglob("*.json")) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ('{"schema_version": 2}', "2; this Coppice reads 1"),
        ("[]", "None"),
        ('{"schema_version": 1}', "isn't as Coppice writes it"),
        ('{"schema_version": 1, "unfinished": null, "made": null}', "isn't as Coppice writes it"),
        ('{"schema_version": 1, "unfinished": null, "made": [{"kind": "model"}]}', "isn't as Coppice writes it"),
        ('{"schema_version": 1, "unfinished": null, "made": ["model"]}', "isn't as Coppice writes it"),
    ],
)
def test_a_file_that_cant_be_read(tmp_path, text, said):
    path = open_record(tmp_path).path
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(DeployError, match=said):
        open_record(tmp_path)


def test_a_place_that_cant_be_written_to(tmp_path):
    record = open_record(tmp_path)
    record.path.parent.write_text("a file where a folder would be")
    with pytest.raises(DeployError, match=r"The record .* can't be written: File exists"):
        record.begin("deploy")
