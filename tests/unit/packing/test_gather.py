"""Which of a folder's files go along, and which may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from container.errors import PackingError
from container.packing.gather import gather


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def test_what_stays_behind(tmp_path):
    kept = ("a.py", "lib/b.py", "lib/data/c.json")
    source = fill(
        tmp_path / "src", *kept, ".env", ".git/config", "lib/.hidden/d.py", "__pycache__/a.pyc", "old.pyc",
        "mine.egg-info/PKG-INFO", "venv/pyvenv.cfg", "venv/lib/e.py", "model.tar.gz", "models/model.joblib",
    )  # fmt: skip
    names = gather(source, tmp_path / "out", [source / "model.tar.gz", source / "lib" / ".." / "models"])
    assert names == list(kept)
    assert {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*")} == set(kept)
    assert (tmp_path / "out/lib/b.py").read_text() == "lib/b.py"


def test_a_link_to_a_file_of_the_folder_is_followed(tmp_path):
    source = fill(tmp_path / "src", "a.py", "lib/b.py")
    (source / "lib" / "link.py").symlink_to("../a.py")
    assert gather(source, tmp_path / "out") == ["a.py", "lib/b.py", "lib/link.py"]
    assert not (tmp_path / "out/lib/link.py").is_symlink() and (tmp_path / "out/lib/link.py").read_text() == "a.py"


@pytest.mark.parametrize("target", ["../secret.txt", "/etc/passwd", "nowhere.py", ".", "lib"])
def test_any_other_link_is_refused_by_name(tmp_path, target):
    source = fill(tmp_path / "src", "a.py", "lib/b.py")
    fill(tmp_path, "secret.txt")
    (source / "link").symlink_to(target)
    with pytest.raises(PackingError, match=rf"link in .*src is a link to {target}, which isn't a file inside"):
        gather(source, tmp_path / "out")
    assert not (tmp_path / "out" / "link").exists()


def test_a_link_that_is_left_out_is_not_looked_at(tmp_path):
    source = fill(tmp_path / "src", "a.py")
    (source / ".link").symlink_to("/etc/passwd")
    (source / "data").symlink_to("/etc")
    assert gather(source, tmp_path / "out", [source / "data"]) == ["a.py"]
