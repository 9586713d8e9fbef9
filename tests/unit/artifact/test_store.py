"""Opening models: hashes first, and a human sentence for what isn't there."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from container.artifact import archive
from container.artifact.manifest import Feature, FileEntry, Manifest
from container.artifact.store import Artifact, open_directory, open_model
from container.errors import ArtifactError, IntegrityError, ModelNotFound

CONTENT = b"a model"
MANIFEST = Manifest(
    task="other", engine="sklearn", input="array", features=(Feature(""),), outputs=("prediction",), classes=None,
    versions={}, files={"model.joblib": FileEntry(hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))},
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model.joblib").write_bytes(CONTENT)
    (tmp_path / "manifest.json").write_text(MANIFEST.to_json())
    return tmp_path


def read(artifact: Artifact, name: str = "model.joblib") -> bytes:
    with artifact.open(name) as file:
        return file.read()


def test_a_file_is_handed_out_whole_after_its_hash_was_checked(folder: Path) -> None:
    assert read(open_directory(folder)) == CONTENT
    assert open_directory(folder).verify("model.joblib") == folder / "model.joblib"


def test_changed_content_is_refused(folder: Path) -> None:
    (folder / "model.joblib").write_bytes(b"A model")
    with pytest.raises(IntegrityError, match=r"model\.joblib has sha256 .*: it was changed"):
        read(open_directory(folder))


def test_a_half_written_file_is_refused_by_its_size(folder: Path) -> None:
    (folder / "model.joblib").write_bytes(CONTENT[:3])
    with pytest.raises(IntegrityError, match="has 3 bytes; its manifest says 7: it is half-written"):
        read(open_directory(folder))


@pytest.mark.parametrize("content", [CONTENT + b"!", b"", None])
def test_every_file_must_be_there_and_whole_even_if_nobody_opens_it(folder: Path, content: bytes | None) -> None:
    open_directory(folder).check_sizes()
    (folder / "model.joblib").unlink()
    if content is not None:
        (folder / "model.joblib").write_bytes(content)
    with pytest.raises(IntegrityError, match=r"model\.joblib"):
        open_directory(folder).check_sizes()


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "model.joblib").unlink()
    with pytest.raises(IntegrityError, match=r"no model\.joblib, which its manifest lists"):
        read(open_directory(folder))


def test_a_file_the_manifest_does_not_vouch_for_is_not_opened(folder: Path) -> None:
    (folder / "manifest.json").write_text(MANIFEST._replace(files={}).to_json())
    with pytest.raises(IntegrityError, match=r"doesn't list model\.joblib"):
        read(open_directory(folder))


def test_a_folder_in_a_files_place_is_refused(folder: Path) -> None:
    (folder / "model.joblib").unlink()
    (folder / "model.joblib").mkdir()
    with pytest.raises(ArtifactError, match=r"model\.joblib can't be read: Is a directory"):
        read(open_directory(folder))


@pytest.mark.parametrize("name", ["model.joblib", "model.pkl"])
def test_a_bare_model_is_opened_as_it_is(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(CONTENT)
    artifact = open_directory(tmp_path)
    assert (artifact.manifest, artifact.model_file) == (None, name)
    assert read(artifact, name) == CONTENT


@pytest.mark.parametrize("name", ["houses.joblib", "houses.pkl", "houses.pickle"])
def test_a_single_file_of_any_name_is_opened(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(CONTENT)
    with open_model(tmp_path / name) as artifact:
        assert read(artifact, artifact.model_file) == CONTENT


def test_an_archive_is_unpacked_for_as_long_as_it_is_open(folder: Path, tmp_path: Path) -> None:
    archive.write(folder, ["manifest.json", "model.joblib"], tmp_path / "model.tar.gz")
    with open_model(tmp_path / "model.tar.gz") as artifact:
        assert read(artifact) == CONTENT
        unpacked = artifact.directory
    assert not unpacked.exists()


def test_an_empty_folder_is_said_to_be_empty(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="it is empty") as refusal:
        open_directory(tmp_path)
    assert "coppice pack" in refusal.value.hint


def test_a_model_one_folder_down_is_told_from_none(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model/model.joblib").write_bytes(CONTENT)
    with pytest.raises(ModelNotFound, match="it has only model/") as refusal:
        open_directory(tmp_path)
    assert "at the top, not in a folder" in refusal.value.hint


def test_nothing_at_all_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match=r"no file or folder 'gone\.tar\.gz'"), open_model(tmp_path / "gone.tar.gz"):
        pass
