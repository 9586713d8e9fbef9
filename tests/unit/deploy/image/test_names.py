"""Names and tags."""

from __future__ import annotations

import subprocess

import pytest

from deploy.errors import UsageError
from deploy.image import names


@pytest.mark.parametrize(("name", "tag"), [("coppice", "1.0"), ("team/a-b_c.d/x1", "v_1"), ("a--b", "_" + "x" * 127)])
def test_good_names(name, tag):
    assert names.checked(name, tag) == f"{name}:{tag}"


@pytest.mark.parametrize(
    ("name", "tag"),
    [("Coppice", "1"), ("a", "1"), ("a" * 257, "1"), ("a..b", "1"), ("/a", "1"), ("coppice:1", "2"), ("", "1"),
     ("coppice", ""), ("coppice", "-1"), ("coppice", "x" * 129), ("coppice", "a b"), ("coppice", "1\n")],
)  # fmt: skip
def test_bad_names_are_refused(name, tag):
    with pytest.raises(UsageError):
        names.checked(name, tag)


@pytest.mark.parametrize(
    ("revision", "tag"),
    [("unknown", "0.1.0"), ("0123456789abcdef", "0.1.0-0123456789ab"),
     ("0123456789abcdef-dirty", "0.1.0-0123456789ab-dirty")],
)  # fmt: skip
def test_the_default_tag_says_what_is_in_the_image(revision, tag):
    assert names.default_tag("0.1.0", revision) == tag


def test_the_revision_is_the_commit_and_whether_files_differ(tmp_path):
    assert names.revision(tmp_path) == "unknown"
    git = ["git", "-C", str(tmp_path), "-c", "user.name=x", "-c", "user.email=x@example.com"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "first"], check=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    assert names.revision(tmp_path) == commit
    (tmp_path / "new").touch()
    assert names.revision(tmp_path) == f"{commit}-dirty"
