"""What changed moto's services, request by request: moto keeps everything in memory, so a restart asks it all again."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

READING: Final = ("Get", "Describe", "List", "BatchGet", "BatchCheck", "Filter", "Head", "Search", "Simulate", "Start")
UPLOAD_ID: Final = re.compile(r"(?<=uploadId=)[^&]+")


class Entry(NamedTuple):
    """A request that was done: its WSGI strings, its body, and the id that moto made up for a multipart upload."""

    environ: dict[str, Any]
    body: bytes
    upload: str | None


class Journal:
    """The entries, oldest first."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._kept = path is not None
        self._database.execute("pragma journal_mode=wal")
        self._database.execute("pragma synchronous=normal")
        self._database.execute("create table if not exists journal (number integer primary key, environ, body, upload)")

    def append(self, environ: dict[str, Any], body: bytes, upload: str | None) -> None:
        """Remember a request that was done, if anything is to be remembered at all."""
        if not self._kept:
            return
        # json takes the strings and moto's table of original header names; the rest is the server's.
        plain = {key: value for key, value in environ.items() if isinstance(value, (str, dict)) and key[:5] != "wsgi."}
        with self._lock:
            self._database.execute(
                "insert into journal (environ, body, upload) values (?, ?, ?)", (json.dumps(plain), body, upload)
            )

    def __iter__(self) -> Iterator[Entry]:
        for environ, body, upload in self._database.execute(
            "select environ, body, upload from journal order by number"
        ):
            yield Entry(json.loads(environ), body, upload)

    def clear(self) -> None:
        """Forget them."""
        with self._lock:
            self._database.execute("delete from journal")
            self._database.execute("vacuum")

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._database.close()


def replay(journal: Journal, ask: Callable[[dict[str, Any], bytes], str | None]) -> None:
    """Ask everything again; `ask` gives the new id of a multipart upload, which later entries are told."""
    renamed: dict[str, str] = {}
    for entry in journal:
        environ = {key: _renamed(value, renamed) for key, value in entry.environ.items()}
        upload = ask(environ, entry.body)
        if entry.upload and upload:
            renamed[entry.upload] = upload


def _renamed(value: Any, renamed: dict[str, str]) -> Any:
    if not isinstance(value, str) or "uploadId=" not in value:
        return value
    return UPLOAD_ID.sub(lambda found: renamed.get(found[0], found[0]), value)


def changes(environ: dict[str, Any], body: bytes) -> bool:
    """Whether a request may change anything."""
    operation = _operation(environ, body)
    if operation:
        return not operation.startswith(READING)
    return environ["REQUEST_METHOD"] not in ("GET", "HEAD", "OPTIONS")


def _operation(environ: dict[str, Any], body: bytes) -> str:
    """The operation's name in the JSON, CBOR and query protocols; "" in REST ones."""
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return str(target.rpartition(".")[2])
    before, marker, operation = environ.get("PATH_INFO", "").rpartition("/operation/")
    if marker and before.startswith("/service/"):
        return str(operation)
    found = re.search(rb"(?:^|&)Action=(\w+)", body) if environ.get("PATH_INFO") == "/" else None
    return found[1].decode() if found else ""
