"""A body to try an endpoint with, from what `coppice pack` wrote into its model's archive."""

from __future__ import annotations

import csv
import io
import json
from typing import Any, Final, NamedTuple

from container.contract import CSV, JSON, JSONLINES
from local_test.emulator.hosting.plan import remembered
from local_test.emulator.instances.model_data import ModelData, ModelDataError
from local_test.emulator.store import Key, Store

MANIFEST: Final = "manifest.json"
MAX_BYTES: Final = 4 * 1024 * 1024
"""Of a manifest that is looked at."""


class Example(NamedTuple):
    """`bodies` by media type; `note` says what to know of them, and is empty where they should work as they are."""

    bodies: dict[str, str]
    note: str


GUESS: Final = Example(
    {JSON: '{"instances": [[0]]}', CSV: "0\n", JSONLINES: "[0]\n"},
    "The model's archive doesn't say which columns it takes: write a row of yours.",
)
SCRIPT: Final = "A script answers here, and only it knows what it takes; these are the model's own columns."


class Examples:
    """Looks for them."""

    def __init__(self, store: Store, models: ModelData) -> None:
        self._store = store
        self._models = models

    def of(self, endpoint: Key) -> Example:
        """The example of an endpoint's first variant; a guess where there is none."""
        plan = remembered(self._store, endpoint)
        url = plan.variants[0].model_url if plan else None
        if url is None:
            return GUESS
        try:
            manifest = self._models.fetch(endpoint.region, url, lambda _: None) / MANIFEST
            if manifest.stat().st_size > MAX_BYTES:
                return GUESS
            return example_in(json.loads(manifest.read_bytes()))
        except (ModelDataError, OSError, ValueError, LookupError, TypeError, AttributeError):
            return GUESS  # it isn't Coppice's, and whatever it is, people can write a row themselves


def example_in(manifest: dict[str, Any]) -> Example:
    """The bodies of a manifest's example row, or of zeros. Raises LookupError, TypeError and the like for what is no
    manifest."""
    names = [str(feature["name"]) for feature in manifest["features"]]
    if not names:
        return GUESS
    example = manifest.get("example")
    row = list(example["rows"][0]) if example else [0] * len(names)
    if len(row) != len(names):
        return GUESS
    named = all(names)
    record: Any = dict(zip(names, row, strict=True)) if named else row
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows([names, row] if named else [row])
    bodies = {
        JSON: json.dumps({"instances": [record]}, indent=2, ensure_ascii=False),
        CSV: table.getvalue(),
        JSONLINES: json.dumps(record, ensure_ascii=False) + "\n",
    }
    return Example(bodies, SCRIPT if manifest.get("script") else "")
