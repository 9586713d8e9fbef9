"""What an image is called: a name that registries take, and a tag that says what is in it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Final

from deploy.errors import UsageError

_NAME: Final = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*")
"""A repository's name as ECR has it (botocore's model: 2 to 256 characters)."""
_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


def checked(name: str, tag: str) -> str:
    """`NAME:TAG`; raises UsageError for what no registry would take."""
    if not (2 <= len(name) <= 256 and _NAME.fullmatch(name)):
        raise UsageError(
            f"An image's name has 2 to 256 lower-case letters, digits and . _ - /; this is {name!r}.",
            "The tag is an argument of its own: coppice push NAME TAG" if ":" in name else "",
        )
    if not _TAG.fullmatch(tag):
        raise UsageError(f"A tag has up to 128 letters, digits and . _ -, and starts with no dot or dash: not {tag!r}.")
    return f"{name}:{tag}"


def revision(checkout: Path) -> str:
    """The commit that is checked out, all of it, with `-dirty` behind it where files differ; or `unknown`."""
    commit = _git(checkout, "rev-parse", "HEAD")
    changed = commit and _git(checkout, "status", "--porcelain")
    return f"{commit}-dirty" if changed else commit or "unknown"


def default_tag(version: str, revision: str) -> str:
    """`0.1.0-9e5dd4e6c1f2`: never `latest`, because a tag in ECR is written once."""
    if revision == "unknown":
        return version
    commit, _, dirty = revision.partition("-")
    return f"{version}-{commit[:12]}" + (f"-{dirty}" if dirty else "")


def _git(checkout: Path, *arguments: str) -> str:
    command = ["git", "-C", str(checkout), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - no shell
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
