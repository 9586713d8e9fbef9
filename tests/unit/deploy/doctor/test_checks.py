"""Each check passes, fails or is skipped for a reason of its own, and none of them stops another."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pytest

from container.artifact import archive
from container.artifact.manifest import MANIFEST_FILE, Feature, FileEntry, Manifest
from container.errors import ColumnMismatch
from deploy.aws.identity import Identity
from deploy.aws.quotas import Quota, Usage
from deploy.aws.s3 import Head, S3Uri
from deploy.doctor import account, files, machine
from deploy.doctor.check import Result, State, examine, ok
from deploy.endpoint.image import Image as ImageFound
from deploy.errors import Missing

ACCOUNT = "123456789012"
WE = Identity(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/us", 0.4)


@dataclass
class Fake:
    """A check that answers as it was told."""

    name: str
    answer: Result | Exception
    needs: tuple[str, ...] = ()
    blocks: bool = True
    group: ClassVar = "Fakes"

    def run(self) -> Result:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@dataclass
class Programs:
    """Answers commands by the words in them; the last that fits counts."""

    outputs: dict[str, machine.Output] = field(default_factory=dict)

    def __call__(self, command):
        fitting = [output for words, output in self.outputs.items() if words in " ".join(command)]
        return fitting[-1] if fitting else machine.Output(1, "", "no such thing")


def found(*checks):
    return {finding.name: finding for finding in examine(checks, lambda _: None)}


def test_one_that_breaks_leaves_the_others_alone():
    findings = found(
        Fake("broken", RuntimeError("ouch")),
        Fake("missing", Missing("Not there.", "Put it there.")),
        Fake("fine", ok("yes")),
    )
    assert [finding.state for finding in findings.values()] == [State.failed, State.failed, State.ok]
    assert findings["broken"].found == "RuntimeError: ouch"
    assert (findings["missing"].found, findings["missing"].remedy) == ("Not there.", "Put it there.")


def test_what_needs_a_failed_one_is_skipped_and_says_so_and_so_on():
    findings = found(
        Fake("first", Missing("no")), Fake("second", ok(""), ("first",)), Fake("third", ok(""), ("second",))
    )
    assert [(f.state, f.found) for f in findings.values()][1:] == [
        (State.skipped, "for want of first"),
        (State.skipped, "for want of second"),
    ]


def test_what_does_not_block_warns():
    assert found(Fake("quota", RuntimeError("denied"), blocks=False))["quota"].state is State.warning


def test_every_check_is_reported_as_it_ends():
    seen = []
    examine([Fake("one", ok("")), Fake("two", ok(""))], lambda finding: seen.append(finding.name))
    assert seen == ["one", "two"]


def test_a_page_for_an_answer_is_one_short_line():
    line = found(Fake("proxy", Exception("<html>\n" + "x" * 1000)))["proxy"].found
    assert "\n" not in line
    assert len(line) <= 300


@pytest.mark.parametrize(("region", "state"), [("eu-west-1", State.ok), ("eu-west-11", State.failed)])
def test_region(region, state):
    result = account.Region(lambda: region, lambda: ["us-east-1", "eu-west-1"]).run()
    assert result.state is state
    assert result.remedy == ("" if state is State.ok else "Add --region eu-west-1")


def test_credentials_say_who():
    assert account.Credentials(lambda: WE).run() == ok(f"{WE.arn} (account {ACCOUNT})")


@pytest.mark.parametrize(
    ("ahead", "state", "words"),
    [
        (0.4, State.ok, "within 1 s"),
        (-299, State.ok, "within 299 s"),
        (900, State.warning, "900 s ahead of"),
        (-900, State.warning, "900 s behind"),
        (None, State.skipped, "says no time"),
    ],
)
def test_clock(ahead, state, words):
    result = account.Clock(lambda: WE._replace(clock_ahead_seconds=ahead)).run()
    assert result.state is state
    assert words in result.found


@dataclass
class Roles:
    trust: dict | None

    def find(self, name):
        return None if self.trust is None else (f"arn:aws:iam::{ACCOUNT}:role/{name}", self.trust)


def trusting(**changes):
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    return {"Statement": [statement | changes]}


@pytest.mark.parametrize(
    ("trust", "state", "words"),
    [
        (trusting(), State.ok, "may assume"),
        ({"Statement": trusting()["Statement"][0]}, State.ok, "may assume"),
        (trusting(Principal={"Service": ["ec2.amazonaws.com", "sagemaker.amazonaws.com"]}), State.ok, "may assume"),
        (trusting(Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}}), State.ok, "may assume"),
        (trusting(Condition={"StringEquals": {"aws:SourceAccount": "9" * 12}}), State.failed, "another account"),
        (trusting(Principal={"Service": "ec2.amazonaws.com"}), State.failed, "doesn't name sagemaker.amazonaws.com"),
        (trusting(Principal="*"), State.failed, "doesn't name"),
        (trusting(Action="sts:TagSession"), State.failed, "doesn't name"),
        ({"Statement": [trusting()["Statement"][0], trusting(Effect="Deny")["Statement"][0]]}, State.failed, "denies"),
        ({}, State.failed, "doesn't name"),
        (None, State.failed, "There is no role"),
    ],
)
def test_role_and_its_trust(trust, state, words):
    result = account.Role(None, Roles(trust), lambda: ACCOUNT).run()
    assert result.state is state
    assert words in result.found
    assert bool(result.remedy) is (state is State.failed)


def test_a_role_of_another_account_is_not_asked_for():
    result = account.Role(f"arn:aws:iam::{'9' * 12}:role/theirs", Roles(trusting()), lambda: ACCOUNT).run()
    assert result.state is State.failed
    assert "another account's" in result.found


def test_quotas_beside_what_is_used():
    quotas = [Quota("Maximum number of serverless endpoints", "L-1", 5), Quota("Maximum total concurrency", "L-2", 10)]
    result = account.Quotas(lambda: quotas, lambda: Usage(2, 7)).run()
    assert result == ok("Maximum number of serverless endpoints: 2 of 5; Maximum total concurrency: 7 of 10")
    full = account.Quotas(lambda: quotas, lambda: Usage(5, 7)).run()
    assert full.state is State.warning
    assert "--quota-code L-1 --desired-value 10" in full.remedy
    unseen = account.Quotas(lambda: quotas, lambda: None).run()
    assert unseen.state is State.ok
    assert "may not see" in unseen.found


def test_docker_and_its_engine():
    there = Programs({"version": machine.Output(0, "27.1", "")})
    assert machine.Docker(there, blocks=True).run() == ok("engine 27.1")
    silent = Programs({"version": machine.Output(1, "", "Cannot connect to the Docker daemon")})
    result = machine.Docker(silent, blocks=True).run()
    assert result.state is State.failed
    assert "Cannot connect" in result.found


def test_a_program_that_is_not_installed():
    with pytest.raises(Missing, match="no surely-not-installed command"):
        machine.run(["surely-not-installed"])


@pytest.mark.parametrize(
    ("arch", "buildx", "state", "words"),
    [
        ("amd64", 1, State.ok, "amd64"),
        ("arm64", 0, State.warning, "under emulation"),
        ("arm64", 1, State.warning, "needs Docker's buildx"),
    ],
)
def test_architecture(arch, buildx, state, words):
    programs = Programs({"Server.Arch": machine.Output(0, arch, ""), "buildx": machine.Output(buildx, "", "")})
    result = machine.Architecture(programs).run()
    assert result.state is state
    assert words in result.found


def pack(folder: Path, engine="forest", broken=False, content=b"trees") -> Path:
    import hashlib

    (folder / "model.joblib").write_bytes(content)
    entry = FileEntry("0" * 64 if broken else hashlib.sha256(content).hexdigest(), len(content))
    manifest = Manifest(
        "regression",
        engine,
        "array",
        (Feature("a"), Feature("b")),
        ("y",),
        None,
        {"scikit-learn": "1.7.0"},
        {"model.joblib": entry},
    ).with_id()
    (folder / MANIFEST_FILE).write_text(manifest.to_json())
    archive.write(folder, ["model.joblib", MANIFEST_FILE], folder / "model.tar.gz")
    return folder / "model.tar.gz"


def artifact(place, head=None):
    return files.Artifact(place, lambda uri: head)


def test_an_artifact_whose_hashes_are_right(tmp_path):
    check = artifact(pack(tmp_path))
    assert check.run().state is State.ok
    assert check.manifest.features[0].name == "a"
    assert check.needs == ()


def test_an_artifact_that_was_changed(tmp_path):
    finding = found(artifact(pack(tmp_path, broken=True)))["artifact"]
    assert finding.state is State.failed
    assert "it was changed" in finding.found


def test_a_folder_is_no_archive(tmp_path):
    result = artifact(tmp_path).run()
    assert result.state is State.failed
    assert result.remedy.startswith("coppice pack")


def test_an_artifact_that_is_not_there(tmp_path):
    assert "There is no file" in found(artifact(tmp_path / "none.tar.gz"))["artifact"].found


def test_an_artifact_in_s3():
    place = S3Uri("bucket", "model.tar.gz")
    assert artifact(place).run().state is State.failed
    there = artifact(place, Head(2_000_000, "tag"))
    assert there.run() == ok("s3://bucket/model.tar.gz, 2.0 MB, not opened")
    assert there.needs == ("credentials",)


def image_with(**installed):
    return Programs({
        "image inspect": machine.Output(0, "", ""),
        "docker run": machine.Output(0, json.dumps({name.replace("_", "-"): v for name, v in installed.items()}), ""),
    })  # fmt: skip


@pytest.mark.parametrize(
    ("engine", "installed", "state", "words"),
    [
        ("sklearn", {"scikit_learn": "1.7.0"}, State.ok, "1.7.0 in both"),
        ("sklearn", {"scikit_learn": "1.6.0"}, State.warning, "written by scikit-learn 1.7.0"),
        ("sklearn", {"numpy": "2.4"}, State.failed, "has none"),
        ("forest", {"numpy": "2.4"}, State.ok, "compiled forest"),
    ],
)
def test_versions_meet(tmp_path, engine, installed, state, words):
    model = artifact(pack(tmp_path, engine))
    model.run()
    result = files.Versions("coppice", model, image_with(**installed)).run()
    assert result.state is state
    assert words in result.found


def test_versions_are_skipped_for_an_image_that_is_elsewhere(tmp_path):
    model = artifact(pack(tmp_path))
    model.run()
    assert files.Versions("coppice", model, Programs()).run().state is State.skipped


def test_image():
    assert files.Image(None, lambda text: None).run().state is State.skipped
    assert files.Image("v1", lambda text: ImageFound("r@sha256:0", "sha256:0")).run() == ok("r@sha256:0")


def test_payload(tmp_path):
    model = artifact(pack(tmp_path))
    model.run()
    body = tmp_path / "rows.csv"
    body.write_text("1,2\n3,4\n")
    seen = []

    def count(content, content_type, schema):
        seen.append((content, content_type, schema.names))
        return 2

    assert files.Payload(body, model, count).run() == ok("8 bytes, 2 rows as the model takes them")
    assert seen == [(b"1,2\n3,4\n", "text/csv", ("a", "b"))]


def test_a_payload_over_the_limit(tmp_path):
    body = tmp_path / "rows.csv"
    body.write_bytes(b"1" * (4 * 1024 * 1024))
    check = files.Payload(body, artifact(None), lambda *_: 1)
    assert check.run().state is State.ok
    body.write_bytes(b"1" * (4 * 1024 * 1024 + 1))
    assert check.run().state is State.failed
    assert "coppice batch" in check.run().remedy


def test_a_payload_that_the_model_refuses(tmp_path):
    model = artifact(pack(tmp_path))
    model.run()

    def count(*_):
        raise ColumnMismatch("Row 1 has 3 columns.", "This model takes 2.")

    body = tmp_path / "rows.csv"
    body.write_text("1,2,3")
    finding = found(files.Payload(body, model, count))["payload"]
    assert (finding.state, finding.found) == (State.failed, "Row 1 has 3 columns.")
