"""Opens a model: a folder, an archive or a single file. Hashes first, hands out after.

This is the only way to a model's files, so nothing is unpickled or mapped that its manifest doesn't vouch for. A
folder without a manifest is what existing users have; it is opened as it is, and says so.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Final, NamedTuple

from container.artifact.manifest import MANIFEST_FILE, Manifest
from container.errors import ArtifactError, IntegrityError, ModelNotFound

MODEL_FILE: Final = "model.joblib"
FOREST_DIR: Final = "forest"
CODE_DIR: Final = "code"
BARE_FILES: Final = (MODEL_FILE, "model.pkl")
_PACK_AGAIN: Final = "Copy or pack the model again."
_READABLE: Final = "Make it a file that everyone can read."


class Artifact(NamedTuple):
    """An opened model folder. `manifest` is None for a bare model file, which `model_file` names."""

    directory: Path
    manifest: Manifest | None
    model_file: str = MODEL_FILE

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[BufferedReader]:
        """The file `name`, hashed through the very handle that is handed out; raises IntegrityError."""
        try:
            handle = (self.directory / name).open("rb")
        except FileNotFoundError:
            if self.manifest is None:
                raise _no_model(self.directory) from None
            raise IntegrityError(f"The model folder has no {name}, which its manifest lists.", _PACK_AGAIN) from None
        except OSError as error:
            raise ArtifactError(f"{name} can't be read: {error.strerror}.", _READABLE) from None
        with handle:
            if self.manifest is not None:
                self._check(name, handle)
            yield handle

    def verify(self, name: str) -> Path:
        """The path of the file `name` after its hash was checked, for what must map it; raises IntegrityError."""
        with self.open(name):
            return self.directory / name

    def check_sizes(self) -> None:
        """See that every file of the manifest is there and whole, also those the engine doesn't open; costs no reading.

        Raises IntegrityError.
        """
        for name, entry in (self.manifest.files if self.manifest else {}).items():
            try:
                size = (self.directory / name).stat().st_size
            except OSError:
                raise IntegrityError(
                    f"The model folder has no {name}, which its manifest lists.", _PACK_AGAIN
                ) from None
            _check_size(name, size, entry.bytes)

    def _check(self, name: str, handle: BufferedReader) -> None:
        assert self.manifest is not None  # noqa: S101 - narrows the type; the caller has looked
        entry = self.manifest.files.get(name)
        if entry is None:
            raise IntegrityError(f"{MANIFEST_FILE} doesn't list {name}, so it isn't opened.", _PACK_AGAIN)
        _check_size(name, handle.seek(0, 2), entry.bytes)
        handle.seek(0)
        found = hashlib.file_digest(handle, "sha256").hexdigest()
        handle.seek(0)
        if found != entry.sha256:
            raise IntegrityError(
                f"{name} has sha256 {found[:12]}…; its manifest says {entry.sha256[:12]}…: it was changed.",
                _PACK_AGAIN,
            )


def _check_size(name: str, size: int, expected: int) -> None:
    if size != expected:
        raise IntegrityError(
            f"{name} has {size:,} bytes; its manifest says {expected:,}: it is half-written or another file.",
            _PACK_AGAIN,
        )


@contextlib.contextmanager
def open_model(path: Path, scripted: bool = False) -> Iterator[Artifact]:
    """Open a folder, a .tar.gz (unpacked to a temporary folder for as long as it is open) or a .joblib/.pkl file.

    `scripted`: a user's script may load the model, from files of any name.
    """
    if path.is_dir():
        yield open_directory(path, scripted)
    elif not path.exists():
        raise ModelNotFound(
            f"There is no file or folder {path.name!r}.", "Train a model with `coppice train`, or check the path."
        )
    elif path.suffix in (".joblib", ".pkl", ".pickle"):
        yield Artifact(path.parent, None, path.name)
    else:
        # In a container the platform has unpacked the archive, and a cold start needn't know how to.
        from container.artifact import archive
        from container.artifact.workplace import workplace

        with workplace() as folder:
            archive.extract(path, folder)
            yield open_directory(folder, scripted)


def open_directory(directory: Path, scripted: bool = False) -> Artifact:
    """Open an unpacked model; raises ModelNotFound, or ArtifactError for a manifest that is no good.

    Where there is a script (`scripted`, or code/ in the model), a missing model file is missed when it is opened.
    """
    manifest_file = directory / MANIFEST_FILE
    if manifest_file.is_file():
        try:
            return Artifact(directory, Manifest.from_json(manifest_file.read_bytes()))
        except OSError as error:
            raise ArtifactError(f"{MANIFEST_FILE} can't be read: {error.strerror}.", _READABLE) from None
    for name in BARE_FILES:
        if (directory / name).is_file():
            return Artifact(directory, None, name)
    if scripted or (directory / CODE_DIR).is_dir():
        return Artifact(directory, None)
    raise _no_model(directory)


def _no_model(directory: Path) -> ModelNotFound:
    return ModelNotFound(
        f"The model folder holds no model: {_content(directory)}.",
        f"Put {MANIFEST_FILE} and {MODEL_FILE} (from `coppice pack`) or a bare {' or '.join(BARE_FILES)} there; "
        "in a model.tar.gz they must be at the top, not in a folder.",
    )


def _content(directory: Path) -> str:
    try:
        names = sorted(path.name + "/" * path.is_dir() for path in directory.iterdir())
    except OSError as error:
        return f"it can't be read ({error.strerror})"
    if not names:
        return "it is empty"
    return "it has only " + ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
