"""One instance of a transform job, and the objects that are its share."""

from __future__ import annotations

import datetime as dt
import sys
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, NamedTuple

from local_test.emulator.batch import inputs
from local_test.emulator.batch.inputs import InputError
from local_test.emulator.batch.records import BadRecord, Records
from local_test.emulator.batch.settings import Job
from local_test.emulator.instances.exchange import Answer, NoAnswer, Question, exchange
from local_test.emulator.instances.instance import Instance
from local_test.emulator.observe.log_stream import LogStream
from local_test.emulator.s3_objects import Place, Source

CLIENT_ERROR: Final = "ClientError: See job logs for more information"
ALGORITHM_ERROR: Final = "AlgorithmError: See job logs for more information"
PARAMETERS_SECONDS: Final = 10
MESSAGE_CHARS: Final = 16_384
"""How much of a refusal's body goes into the log."""


class Cancelled(Exception):
    """The job is to end."""


class ObjectFailed(Exception):
    """No output comes of an object. The message is the job's FailureReason; `lines` are for its log."""

    def __init__(self, reason: str, *lines: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.lines = lines


class _Asked(NamedTuple):
    """An object whose requests are on their way."""

    source: Source
    answers: list[tuple[bytes, Future[bytes]]]
    failure: ObjectFailed | None


class Worker:
    """Sends objects to an instance and writes what it answers. An object that fails doesn't keep others from it."""

    def __init__(
        self,
        job: Job,
        records: Records,
        s3: Any,
        instance: Instance,
        data_log: LogStream,
        cancelled: Callable[[], bool],
    ) -> None:
        self._job = job
        self._records = records
        self._s3 = s3
        self._instance = instance
        self._data_log = data_log
        self._cancelled = cancelled

    def run(self, sources: list[Source], written: list[Place]) -> list[str]:
        """The reason of each object that failed; where answers are goes into `written` one by one. Raises Cancelled."""
        self._sending = self._job.sending(self._execution_parameters())
        self._say(self._sending.line())
        reasons: list[str] = []
        under_way: deque[_Asked] = deque()
        waiting = deque(sources)
        with ThreadPoolExecutor(self._sending.concurrent, "transform-request") as pool:
            while waiting or under_way:
                # The next objects' requests follow at once, so that many small objects keep the container busy.
                while waiting and sum(len(asked.answers) for asked in under_way) <= self._sending.concurrent:
                    under_way.append(self._ask_for(waiting.popleft(), pool))
                asked = under_way.popleft()
                try:
                    written.append(self._write(asked))
                except ObjectFailed as failure:
                    reasons.append(failure.reason)
                    self._explain(asked.source, failure)
        return reasons

    def _execution_parameters(self) -> bytes | None:
        try:
            answer = exchange(self._instance, Question("GET", "/execution-parameters"), PARAMETERS_SECONDS, 65_536)
        except NoAnswer:
            return None
        return answer.body if answer.status == 200 else None

    def _ask_for(self, source: Source, pool: ThreadPoolExecutor) -> _Asked:
        answers: list[tuple[bytes, Future[bytes]]] = []
        try:
            content = self._read(source)
            for batch in self._records.batches(content, self._sending):
                question = self._records.question(batch)
                answers.append((batch, pool.submit(self._ask, question)))
        except BadRecord as error:
            return _Asked(source, answers, ObjectFailed(CLIENT_ERROR, str(error)))
        except ObjectFailed as failure:
            return _Asked(source, answers, failure)
        return _Asked(source, answers, None)

    def _read(self, source: Source) -> bytes:
        try:
            return inputs.read(self._s3, source, self._job.gzip)
        except InputError as error:
            raise ObjectFailed(CLIENT_ERROR, str(error)) from None
        except self._s3.exceptions.ClientError as error:
            raise ObjectFailed(f"ClientError: Data download failed: {error}", str(error)) from None

    def _ask(self, body: bytes) -> bytes:
        headers = [("Content-Type", self._job.content_type), ("Accept", self._job.accept)]
        question = Question("POST", "/invocations", tuple((name, value) for name, value in headers if value), body)
        for attempt in range(self._job.retries + 1):
            last = attempt == self._job.retries
            try:
                answer = self._exchange(question)
            except NoAnswer as error:
                if last or self._instance.ended() is not None:
                    raise ObjectFailed(ALGORITHM_ERROR, f"Unable to get response from algorithm: {error}") from None
                continue
            if answer.status < 300:
                return answer.body
            if answer.status < 500 or last:
                raise _refused(answer)
        raise AssertionError("the last attempt returns or raises")

    def _exchange(self, question: Question) -> Answer:
        if self._cancelled():
            raise Cancelled
        try:
            return exchange(self._instance, question, self._job.timeout, sys.maxsize)
        except NoAnswer:
            if self._cancelled():
                raise Cancelled from None
            raise

    def _write(self, asked: _Asked) -> Place:
        try:
            answers = [(batch, answer.result()) for batch, answer in asked.answers]
            if asked.failure is not None:
                raise asked.failure
            output = b"".join(self._records.answer(batch, answer) for batch, answer in answers)
        except BadRecord as error:
            raise ObjectFailed(CLIENT_ERROR, str(error)) from None
        goes = inputs.target(self._job, asked.source)
        try:
            self._s3.put_object(Bucket=goes.bucket, Key=goes.key, Body=output)
        except self._s3.exceptions.ClientError as error:
            raise ObjectFailed(f"ClientError: Failed to upload {goes}: {error}", str(error)) from None
        return goes

    def _explain(self, source: Source, failure: ObjectFailed) -> None:
        for line in failure.lines:
            self._say(f"{source.place}: {line}")

    def _say(self, text: str) -> None:
        now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
        self._data_log.write(f"{now}:[sagemaker logs]: {text}".encode())


def _refused(answer: Answer) -> ObjectFailed:
    reason = CLIENT_ERROR if answer.status < 500 else ALGORITHM_ERROR
    said = answer.body.decode(errors="replace")[:MESSAGE_CHARS].splitlines()
    return ObjectFailed(
        reason, f"Bad HTTP status received from algorithm: {answer.status}", "", "Message:", *(said or [""])
    )
