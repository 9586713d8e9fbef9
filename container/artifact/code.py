"""The user's code, wherever SAGEMAKER_SUBMIT_DIRECTORY says it is: a folder, an archive, or either of them in S3.

What is found here was named by the operator; what lies in a model's own code/ is the manifest's to vouch for.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from container import contract
from container.artifact import archive
from container.errors import ArtifactError, ScriptError

VARIABLE: Final = "SAGEMAKER_SUBMIT_DIRECTORY"
S3: Final = "s3://"
_FILE: Final = "file://"
ARCHIVES: Final = (".tar.gz", ".tgz", ".tar")


def obtain(where: str, workplace: Path, base: Path) -> Path:
    """The folder with the user's code; an archive is unpacked below `workplace`, which must exist.

    `base` is what is /opt/ml here: SageMaker's SDKs name places below that. Raises ScriptError, which names the place.
    """
    if where.startswith(S3):
        from container.artifact import s3

        return _unpacked(s3.download(where, workplace), workplace, where)
    path = Path(where.removeprefix(_FILE))
    if path.is_relative_to(contract.BASE_DIR):
        path = base / path.relative_to(contract.BASE_DIR)
    if path.is_dir():
        return path
    if not path.exists():
        raise ScriptError(
            f"{VARIABLE} is {where!r}, and there is nothing.", "Mount the folder there, or name where it is."
        )
    return _unpacked(path, workplace, where)


def _unpacked(path: Path, workplace: Path, where: str) -> Path:
    if not path.name.endswith(ARCHIVES):
        raise ScriptError(
            f"{VARIABLE} is {where!r}, which is neither a folder nor an archive.",
            "Name the folder of the script, or a sourcedir.tar.gz of it.",
        )
    folder = workplace / "code"
    folder.mkdir()
    try:
        archive.extract(path, folder)
    except ArtifactError as error:
        hint = "Make it with: tar czf sourcedir.tar.gz -C DIR ."
        raise ScriptError(f"{VARIABLE} is {where!r}: {error.message}", hint) from None
    return folder


def unmet_requirements(folder: Path) -> list[str]:
    """What requirements.txt in `folder` asks for and isn't installed here, by name; versions aren't compared."""
    try:
        lines = (folder / "requirements.txt").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    from importlib.metadata import PackageNotFoundError, version

    missing = []
    for line in lines:
        name = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line.strip())
        if name is None:
            continue
        try:
            version(name.group())
        except PackageNotFoundError:
            missing.append(line.split("#")[0].split(";")[0].strip())
    return missing


_PACKAGES: Final = {
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "PIL": "pillow",
    "psycopg2": "psycopg2-binary",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
"""What pip calls the packages whose modules have other names."""


def absent(module: str) -> tuple[str, str]:
    """Of a module that can't be imported: why, to follow its name; and what to do."""
    here = installed(module)
    if here:
        return f"which {here} doesn't have", "Write the import as that version wants it."
    name = module.partition(".")[0]
    return (
        "which isn't installed here, nor beside the script",
        f"Put it into the image, in a Dockerfile: {install_line([_PACKAGES.get(name, name)])}. A module of your own "
        "goes beside the script.",
    )


def installed(module: str) -> str:
    """The installed package that a module would be in, with its version; empty where there is none."""
    from importlib.metadata import PackageNotFoundError, version

    name = module.partition(".")[0]
    package = _PACKAGES.get(name, name)
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return ""


def install_line(requirements: Sequence[str]) -> str:
    """What a Dockerfile says to put them into the image; quoted, since `>=` and `[…]` mean something to a shell."""
    return f"FROM coppice, then RUN pip install {shlex.join(requirements)}"
