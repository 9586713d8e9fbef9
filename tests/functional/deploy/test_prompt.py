"""The question before anything is changed, and the answers that aren't yes."""

from __future__ import annotations

import io
import json
import sys

import pytest
from rollouts import IMAGE, ROLE, done, left


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Interrupted(Terminal):
    def readline(self, *_):
        raise KeyboardInterrupt


@pytest.fixture
def ask(coppice, packed, tmp_path, monkeypatch):
    """`coppice deploy` with somebody at the terminal."""
    monkeypatch.chdir(tmp_path)

    def ask(terminal, *more):
        monkeypatch.setattr(sys, "stdin", terminal)
        return coppice("deploy", "--name", "houses", "--model", packed, "--image", IMAGE, "--role", ROLE, *more)

    return ask


@pytest.mark.parametrize(
    ("terminal", "exit_code", "kind"),
    [
        (Terminal("n\n"), 1, "declined"),
        (Terminal("\n"), 1, "declined"),
        (Terminal(""), 1, "declined"),
        (Interrupted(), 130, "interrupted"),
    ],
    ids=["no", "nothing", "end of input", "Ctrl-C"],
)
def test_anything_but_yes_changes_nothing(terminal, exit_code, kind, ask, cloud, tmp_path):
    code, out, err = ask(terminal, "--json")
    assert (code, json.loads(out)["error"]["code"]) == (exit_code, kind)
    assert "Traceback" not in err
    assert not any(left(cloud).values())
    assert list(tmp_path.iterdir()) == []


def test_yes_goes_ahead(ask, cloud, right):
    assert done(ask(Terminal("y\n"), "--json"))["now"]["status"] == "InService"
