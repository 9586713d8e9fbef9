"""From an object to requests, and from their answers to an object: splitting, batching, filtering, joining."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any, Final

from local_test.emulator.batch.jsonpath import JsonPath, PathError
from local_test.emulator.batch.settings import SINGLE_RECORD, Job, Sending

CSV: Final = "text/csv"
JSON: Final = "application/json"
JSON_LINES: Final = "application/jsonlines"
_UNKNOWN_SPLITS: Final = ("RecordIO", "TFRecord")


class BadRecord(Exception):
    """A record can't be sent, or its answer not be joined; the message goes into the job's log."""


class Records:
    """How one job cuts, filters and joins."""

    def __init__(self, job: Job) -> None:
        """Raises BadRecord where the job asks for what can't be."""
        if job.split in _UNKNOWN_SPLITS:
            raise BadRecord(f"coppice local doesn't split by {job.split}; it knows Line and None")
        self._by_line = job.split == "Line"
        self._ends_lines = job.assemble == "Line"
        self._joins = job.joins
        self._came, self._goes = _kind(job.content_type), _kind(job.accept or job.content_type)
        try:
            self._input = JsonPath(job.input_filter) if job.input_filter != "$" else None
            self._output = JsonPath(job.output_filter) if job.output_filter != "$" else None
        except PathError as error:
            raise BadRecord(str(error)) from None
        self._check_kinds()

    def _check_kinds(self) -> None:
        if (self._input or self._joins) and self._came not in (CSV, JSON, JSON_LINES):
            raise BadRecord(f"{self._came or 'content without a type'} can't be filtered or joined")
        if (self._output or self._joins) and self._goes not in (CSV, JSON, JSON_LINES):
            raise BadRecord(f"answers of {self._goes or 'no type'} can't be filtered or joined")
        if self._joins and self._came != self._goes:
            raise BadRecord(f"answers of {self._goes} can't be joined with records of {self._came}")

    def batches(self, content: bytes, sending: Sending) -> Iterator[bytes]:
        """The object in pieces of one request each, in order, unfiltered. Raises BadRecord where one is too large."""
        limit = sending.max_bytes
        if not self._by_line or limit is None:
            yield _within(content, limit)
            return
        batch: list[bytes] = []
        size = 0
        for line in content.splitlines(keepends=True):
            if not line.strip():
                continue
            _within(line, limit)
            if batch and (size + len(line) > limit or sending.strategy == SINGLE_RECORD):
                yield b"".join(batch)
                batch, size = [], 0
            batch.append(line)
            size += len(line)
        if batch:
            yield b"".join(batch)

    def question(self, batch: bytes) -> bytes:
        """What of a batch the container gets."""
        if self._input is None:
            return batch
        return b"".join(
            _written(_select(self._input, record), self._came) for record in self._parsed(batch, self._came)
        )

    def answer(self, batch: bytes, answer: bytes) -> bytes:
        """What of an answer goes into the output. Raises BadRecord where rows and answers don't match."""
        if self._joins or self._output:
            answer = b"".join(_written(record, self._goes) for record in self._kept(batch, answer))
            if not self._ends_lines:
                answer = answer.removesuffix(b"\n")
        if self._ends_lines and answer and not answer.endswith(b"\n"):
            answer += b"\n"
        return answer

    def _kept(self, batch: bytes, answer: bytes) -> Iterator[Any]:
        answers = self._parsed(answer, self._goes)
        if self._joins:
            records = self._parsed(batch, self._came)
            if len(records) != len(answers):
                raise BadRecord(f"{len(answers)} answers came to {len(records)} records, so they can't be joined")
            answers = [_joined(*pair, self._goes) for pair in zip(records, answers, strict=True)]
        for record in answers:
            yield _select(self._output, record) if self._output else record

    def _parsed(self, content: bytes, kind: str) -> list[Any]:
        by_line = kind == JSON_LINES or (kind == JSON and self._by_line)
        try:
            text = content.decode()
            if kind == CSV:
                return [row for row in csv.reader(io.StringIO(text)) if row]
            return [json.loads(line) for line in text.split("\n") if line.strip()] if by_line else [json.loads(text)]
        except (ValueError, csv.Error):
            raise BadRecord(f"Failed to parse content as {kind}") from None


def _kind(media_type: str | None) -> str:
    name = (media_type or "").partition(";")[0].strip().lower()
    return JSON_LINES if name in ("application/x-jsonlines", "application/jsonl", "application/x-ndjson") else name


def _within(record: bytes, limit: int | None) -> bytes:
    if limit is not None and len(record) > limit:
        raise BadRecord("Too much data for max payload size")
    return record


def _select(path: JsonPath, record: Any) -> Any:
    try:
        return path(record)
    except PathError as error:
        raise BadRecord(str(error)) from None


def _joined(record: Any, answer: Any, kind: str) -> Any:
    if kind == CSV:
        return [*record, *answer]
    if isinstance(record, dict):
        return {**record, "SageMakerOutput": answer}
    return {"SageMakerInput": record, "SageMakerOutput": answer}


def _written(record: Any, kind: str) -> bytes:
    if kind == CSV:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow(record if isinstance(record, list) else [record])
        return text.getvalue().encode()
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
