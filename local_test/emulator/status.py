"""What there is to see of an emulator, as `GET /_coppice/status` answers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from local_test.emulator.hosting.hosting import Hosting
from local_test.emulator.store import Document, Key, Kind, Store

JOBS: Final = {Kind.TRAINING_JOB: "Training", Kind.TRANSFORM_JOB: "Transform"}
"""Each with what its members' names begin with."""
SHOWN_JOBS: Final = 20


class Status:
    """Puts it together."""

    def __init__(
        self, about: dict[str, Any], hosting: Hosting, store: Store, trouble: Callable[[], str | None]
    ) -> None:
        """`about` doesn't change; `trouble` says what is wrong with the backend, as `Backend.trouble` does."""
        self._about = about
        self._hosting = hosting
        self._store = store
        self._trouble = trouble

    def __call__(self) -> dict[str, Any]:
        """emulator (as it was started), trouble, endpoints (`Hosting.snapshot`), reports (`Reports.last`), and jobs,
        newest first, each with kind, name, region, status, step, created, ended (seconds since 1970) and reason."""
        return {
            "emulator": self._about,
            "trouble": self._trouble(),
            "endpoints": self._hosting.snapshot(),
            "reports": self._hosting.reports.last(),
            "jobs": self._jobs(),
        }

    def _jobs(self) -> list[dict[str, Any]]:
        jobs = [_job(key, document) for kind in JOBS for key, document in self._store.all(kind)]
        return sorted(jobs, key=lambda job: job["created"], reverse=True)[:SHOWN_JOBS]


def _job(key: Key, document: Document) -> dict[str, Any]:
    kind = JOBS[key.kind]
    return {
        "kind": kind.lower(),
        "name": key.name,
        "region": key.region,
        "status": document[f"{kind}JobStatus"],
        "step": document.get("SecondaryStatus"),
        "created": document["CreationTime"],
        "ended": document.get(f"{kind}EndTime"),
        "reason": document.get("FailureReason"),
    }
