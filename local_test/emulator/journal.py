"""What changed moto's services, request by request: moto keeps everything in memory, so a restart asks it all again."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

READING: Final = (
    *("Get", "Describe", "List", "BatchGet", "BatchCheck", "Filter", "Head", "Search", "Simulate", "Lookup"),
    *("StartQuery", "StopQuery", "StartLiveTail", "Test", "Validate", "Preview", "Estimate", "Decode", "Query", "Scan"),
)
"""How the names of operations begin that change nothing. What is asked twice by mistake does no harm."""
UNRECORDED: Final = {"sts"}
"""Services whose answers are for the moment: sessions end with the emulator, as they do by themselves."""
UPLOAD_ID: Final = re.compile(r"(?<=uploadId=)[^&]+")
_SERVICE: Final = re.compile(r"Credential=[^/]+/[^/]+/[^/]+/([^/]+)/aws4_request")
_ACTION: Final = re.compile(r"(?:^|&)Action=(\w+)")
_VERSION: Final = re.compile(r"(?:^|&)Version=2011-06-15(?:&|$)")
"""STS's, which may be asked without a signature."""


class Entry(NamedTuple):
    """A request that was done."""

    environ: dict[str, Any]
    """Its WSGI strings."""
    body: bytes
    seed: int
    """Of moto's random numbers: the same request with the same seed makes up the same ids."""
    upload: str | None
    """The id of a multipart upload, which moto makes up otherwise."""


class Journal:
    """The entries, oldest first."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._kept = path is not None
        self._database.execute("pragma journal_mode=wal")
        self._database.execute("pragma synchronous=normal")
        self._database.execute(
            "create table if not exists journal (number integer primary key, environ, body, seed, upload)"
        )

    def append(self, entry: Entry) -> None:
        """Remember a request that was done, if anything is to be remembered at all."""
        if not self._kept:
            return
        # json takes the strings and moto's table of original header names; the rest is the server's.
        plain = {key: value for key, value in entry.environ.items() if _is_plain(key, value)}
        with self._lock:
            self._database.execute(
                "insert into journal (environ, body, seed, upload) values (?, ?, ?, ?)",
                (json.dumps(plain), entry.body, entry.seed, entry.upload),
            )

    def __iter__(self) -> Iterator[Entry]:
        rows = self._database.execute("select environ, body, seed, upload from journal order by number")
        for environ, body, seed, upload in rows:
            yield Entry(json.loads(environ), body, seed, upload)

    def clear(self) -> None:
        """Forget them."""
        with self._lock:
            self._database.execute("delete from journal")
            self._database.execute("vacuum")

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._database.close()


def _is_plain(key: str, value: Any) -> bool:
    return isinstance(value, (str, dict)) and not key.startswith(("wsgi.", "werkzeug."))


def replay(journal: Journal, ask: Callable[[Entry], str | None]) -> None:
    """Ask everything again; `ask` gives the new id of a multipart upload, which later entries are told."""
    renamed: dict[str, str] = {}
    for entry in journal:
        environ = {key: _renamed(value, renamed) for key, value in entry.environ.items()}
        upload = ask(entry._replace(environ=environ))
        if entry.upload and upload:
            renamed[entry.upload] = upload


def _renamed(value: Any, renamed: dict[str, str]) -> Any:
    if not isinstance(value, str) or "uploadId=" not in value:
        return value
    return UPLOAD_ID.sub(lambda found: renamed.get(found[0], found[0]), value)


def changes(environ: dict[str, Any], body: bytes) -> bool:
    """Whether a request may change something that is to be remembered."""
    service = _SERVICE.search(environ.get("HTTP_AUTHORIZATION", ""))
    if service is not None and service[1] in UNRECORDED:
        return False
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
    return _query_operation(environ, body) if environ.get("PATH_INFO") == "/" else ""


def _query_operation(environ: dict[str, Any], body: bytes) -> str:
    for form in (environ.get("QUERY_STRING", ""), body.decode("latin-1")):
        found = _ACTION.search(form)
        if found:
            return "GetFromSts" if _VERSION.search(form) else found[1]
    return ""
