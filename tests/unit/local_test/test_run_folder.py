"""Who has a run folder, and that nobody else can."""

from __future__ import annotations

import os

import psutil
import pytest

from local_test.emulator import run_folder
from local_test.emulator.run_folder import Info, Taken, info_in, lives, locked, process_of, write

ME = Info(4599, os.getpid(), psutil.Process().create_time(), "1", None)


def test_a_locked_folder_lives_and_nobody_else_gets_it(tmp_path, monkeypatch):
    monkeypatch.setattr(run_folder, "PATIENCE", 0)
    folder = tmp_path / "4599"
    assert not lives(folder)
    with locked(folder):
        assert lives(folder)
        with pytest.raises(Taken), locked(folder):
            pass
    assert folder.exists()
    assert not lives(folder)


def test_what_is_written_is_read(tmp_path):
    assert info_in(tmp_path) is None
    write(tmp_path, ME)
    assert info_in(tmp_path) == ME
    (tmp_path / run_folder.INFO).write_text('{"port": 1, "of": "another version"}')
    assert info_in(tmp_path) is None


def test_a_pid_that_came_back_is_another_process():
    assert process_of(ME).pid == os.getpid()
    assert process_of(ME._replace(started=ME.started - 60)) is None
