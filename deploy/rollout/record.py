"""What was made, kept on disk: `.coppice/ACCOUNT-REGION/ENDPOINT.json`. Safe to commit or to ignore; holds no secrets.

Tags say the same in AWS, so a lost file loses nothing but what tags can't say: what an interrupted run had begun, and
which archives and images were brought along.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

from deploy.errors import DeployError
from deploy.rollout.steps import Made

DIRECTORY: Final = Path(".coppice")
SCHEMA_VERSION: Final = 1


class Record:
    """One endpoint's file. Every change is on disk before the call that it is about."""

    def __init__(self, directory: Path, account: str, region: str, endpoint: str) -> None:
        self.endpoint = endpoint
        self.path = directory / f"{account}-{region}" / f"{endpoint}.json"
        self._document: dict[str, Any] = self._read() or {
            "schema_version": SCHEMA_VERSION,
            "endpoint": endpoint,
            "account": account,
            "region": region,
            "unfinished": None,
            "made": [],
        }

    def _read(self) -> dict[str, Any] | None:
        try:
            document = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise DeployError(f"{self.path} is not JSON: {error}.", self._move_away) from None
        version = document.get("schema_version") if isinstance(document, dict) else None
        if version != SCHEMA_VERSION:
            raise DeployError(
                f"{self.path} has schema_version {version!r}; this Coppice reads {SCHEMA_VERSION}.",
                "Use the Coppice that wrote it, or a newer one; or move the file away: tags know nearly as much.",
            )
        if not _well_formed(document):
            raise DeployError(f"{self.path} isn't as Coppice writes it.", self._move_away)
        found: dict[str, Any] = document
        return found

    @property
    def _move_away(self) -> str:
        return f"Move it away: mv {self.path} {self.path}.old"

    @property
    def unfinished(self) -> str | None:
        """The verb of a run that was interrupted or failed."""
        found: str | None = self._document["unfinished"]
        return found

    @property
    def made(self) -> list[Made]:
        """What was made and not removed, as far as is known."""
        return [Made(entry["kind"], entry["name"]) for entry in self._document["made"]]

    def begin(self, verb: str) -> None:
        """A run starts."""
        self._document["unfinished"] = verb
        self._write()

    def finish(self) -> None:
        """The run came to its end."""
        self._document["unfinished"] = None
        self._write()

    def add(self, made: Made) -> None:
        """This is about to be made."""
        if made not in self.made:
            self._document["made"].append(made._asdict())
            self._write()

    def strike(self, removed: Made) -> None:
        """This is gone."""
        self._document["made"] = [entry for entry in self._document["made"] if entry != removed._asdict()]
        self._write()

    def forget(self) -> None:
        """Nothing is left: remove the file."""
        self.path.unlink(missing_ok=True)

    def _write(self) -> None:
        temporary = self.path.with_suffix(f".{os.getpid()}.tmp")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(self._document, indent=2) + "\n", encoding="utf-8")
            temporary.replace(self.path)
        except OSError as error:
            raise DeployError(
                f"The record {self.path} can't be written: {error.strerror}.",
                "Run the same command in a folder that can be written to; it goes on from what is there.",
            ) from None


def _well_formed(document: dict[str, Any]) -> bool:
    made = document.get("made")
    return (
        "unfinished" in document
        and isinstance(made, list)
        and all(isinstance(entry, dict) and entry.keys() == {"kind", "name"} for entry in made)
    )
