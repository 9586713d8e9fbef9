"""Asynchronous invocations: a request from S3, later, and its answer to S3.

Requests lie in the store until they are done, so a restart goes on with them; one that was under way is asked again.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from local_test.emulator.aws import Aws
from local_test.emulator.errors import ServiceError
from local_test.emulator.hosting.async_request import AsyncRequest, read
from local_test.emulator.hosting.async_result import MAX_BYTES, AsyncResults, Failure
from local_test.emulator.hosting.failures import invalid
from local_test.emulator.hosting.hosting import Hosting
from local_test.emulator.hosting.request_headers import PREFIX
from local_test.emulator.instances.exchange import Answer, Question
from local_test.emulator.limits import Limits
from local_test.emulator.observe.metrics import Metrics
from local_test.emulator.store import Document, Key, Kind, Store

PER_INSTANCE: Final = 1
"""At a time, where the configuration has no MaxConcurrentInvocationsPerInstance: SageMaker "chooses an optimal value"
then and doesn't say which, so this is an assumption."""
LOOK_SECONDS: Final = 1.0
"""Between two looks at what has expired or found an instance."""
BACKLOG_SECONDS: Final = 10.0
"""Between two reports of the backlog's size; SageMaker's come every minute."""

Ask = Callable[[AsyncRequest], Answer]
"""Raises Failure."""

log = logging.getLogger(__name__)


class Asynchronous:
    """A queue for each endpoint that has an AsyncInferenceConfig."""

    def __init__(self, store: Store, hosting: Hosting, aws: Aws, metrics: Metrics, limits: Limits) -> None:
        self._store = store
        self._hosting = hosting
        self._metrics = metrics
        self._limits = limits
        self._results = AsyncResults(aws)
        self._changed = threading.Condition()
        self._queues: dict[Key, deque[AsyncRequest]] = defaultdict(deque)
        self._running: Counter[Key] = Counter()
        self._workers: set[threading.Thread] = set()
        self._woken = False
        self._stopping = False
        self._reported = 0.0
        self._dispatcher = threading.Thread(target=self._dispatch, name="async-dispatcher", daemon=True)
        self._dispatcher.start()

    def __call__(self, request: Request, region: str, endpoint: str) -> Response:
        """Answer InvokeEndpointAsync, of an endpoint that serves, with 202 and where the answer will be.

        Raises ServiceError.
        """
        config = (self._store.get(Key(Kind.ENDPOINT, region, endpoint)) or {}).get("AsyncInferenceConfig")
        if config is None:
            # The service's own words for this aren't known.
            raise invalid(f"Endpoint {endpoint} isn't asynchronous and only supports InvokeEndpoint.")
        accepted = read(request, region, endpoint, config, self._limits)
        self._store.put(accepted.key, accepted.document())
        self._enqueue(accepted)
        locations = {"OutputLocation": accepted.output, "FailureLocation": accepted.failure}
        return Response(
            json.dumps({"InferenceId": accepted.inference_id}),
            202,
            {PREFIX + name: location for name, location in locations.items() if location},
            content_type="application/json",
        )

    def restore(self) -> None:
        """After a start: go on with what the store remembers, oldest first."""
        requests = [AsyncRequest.of(document) for _, document in self._store.all(Kind.ASYNC_REQUEST)]
        for request in sorted(requests, key=lambda request: request.received):
            self._enqueue(request)

    def stop(self) -> None:
        """Take no more from the queues. What is under way may end; where it can't, it is left for a restart."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._dispatcher.join()

    def close(self) -> None:
        """Wait for what is under way; the endpoints have been closed, so that is soon."""
        self.stop()
        for worker in tuple(self._workers):
            worker.join()

    def _enqueue(self, request: AsyncRequest) -> None:
        with self._changed:
            self._queues[request.target].append(request)
            self._wake()

    def _wake(self) -> None:
        self._woken = True
        self._changed.notify_all()

    def _dispatch(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._woken or self._stopping, LOOK_SECONDS)
                if self._stopping:
                    return
                self._woken = False
                endpoints = [endpoint for endpoint, queue in self._queues.items() if queue]
            for endpoint in endpoints:
                self._serve(endpoint)
            self._report()

    def _serve(self, endpoint: Key) -> None:
        """Start what has an instance, and end what has waited too long."""
        document = self._store.get(endpoint) or {}
        config = document.get("AsyncInferenceConfig")
        if config is None:
            self._forget(endpoint)
            return
        expired, started = self._taken(endpoint, _instances(document) * _per_instance(config))
        for request in expired:
            self._start(request, config, _expire)
        for request in started:
            self._start(request, config, self._ask)

    def _taken(self, endpoint: Key, slots: int) -> tuple[list[AsyncRequest], list[AsyncRequest]]:
        """What has expired and what is to be asked; neither is in the queue any more."""
        with self._changed:
            queue, now = self._queues[endpoint], time.time()
            expired = [request for request in queue if request.expires <= now]
            waiting = deque(request for request in queue if request.expires > now)
            free = max(0, slots - self._running[endpoint])
            started = [waiting.popleft() for _ in range(min(free, len(waiting)))]
            self._queues[endpoint] = waiting
            self._running[endpoint] += len(expired) + len(started)
        return expired, started

    def _forget(self, endpoint: Key) -> None:
        """The endpoint is gone, and nobody is left to ask."""
        with self._changed:
            requests = self._queues.pop(endpoint)
        for request in requests:
            self._store.delete(request.key)

    def _start(self, request: AsyncRequest, config: dict[str, Any], ask: Ask) -> None:
        worker = threading.Thread(
            target=self._work, args=(request, config, ask), name=f"async-{request.endpoint}", daemon=True
        )
        with self._changed:
            self._workers.add(worker)
        worker.start()

    def _work(self, request: AsyncRequest, config: dict[str, Any], ask: Ask) -> None:
        try:
            self._settle(request, config, ask)
        except Exception:
            log.exception("asynchronous request %s failed", request.inference_id)
        finally:
            with self._changed:
                self._running[request.target] -= 1
                self._workers.discard(threading.current_thread())
                self._wake()

    def _settle(self, request: AsyncRequest, config: dict[str, Any], ask: Ask) -> None:
        """From a request to what becomes of it; nothing, where the emulator has forgotten it or stops meanwhile."""
        if self._store.get(request.key) is None:
            return
        try:
            answer = ask(request)
            self._results.deliver(request, config, answer)
        except Failure as failure:
            if self._stopping or self._store.get(request.key) is None:
                return
            self._results.fail(request, config, failure)
        self._store.delete(request.key)

    def _ask(self, request: AsyncRequest) -> Answer:
        body = self._results.input_of(request)
        question = Question("POST", "/invocations", tuple(request.headers.items()), body)
        try:
            answer = self._hosting.call(request.target, None, question, request.timeout, MAX_BYTES)
        except ServiceError as error:
            raise Failure(error.message) from None
        if not 200 <= answer.status < 300:
            whose = "client" if answer.status < 500 else "server"
            raise Failure(
                f"ClientError: Received {whose} error ({answer.status}) from model. "
                "See the SageMaker Endpoint logs in your account for more information.",
                answer,
            )
        return answer

    def _report(self) -> None:
        """How much waits, for scaling by it."""
        if time.monotonic() - self._reported < BACKLOG_SECONDS:
            return
        self._reported = time.monotonic()
        for endpoint, document in self._store.all(Kind.ENDPOINT):
            if "AsyncInferenceConfig" in document:
                self._report_backlog(endpoint, _instances(document))

    def _report_backlog(self, endpoint: Key, instances: int) -> None:
        with self._changed:
            waiting = list(self._queues[endpoint])
        size = len(waiting)
        values: dict[str, float] = {
            "ApproximateBacklogSize": size,
            "HasBacklogWithoutCapacity": int(size > 0 and instances == 0),
        }
        if instances:
            values["ApproximateBacklogSizePerInstance"] = size / instances
        for name, value in values.items():
            self._record(endpoint, name, value, "Count")
        if waiting:
            self._record(endpoint, "ApproximateAgeOfOldestRequest", time.time() - waiting[0].received, "Seconds")

    def _record(self, endpoint: Key, name: str, value: float, unit: str) -> None:
        self._metrics.record(endpoint.region, "AWS/SageMaker", name, value, unit, {"EndpointName": endpoint.name})


def _expire(request: AsyncRequest) -> Answer:
    raise Failure(f"The request expired: it waited for {request.expires - request.received:.0f} seconds.")


def _instances(endpoint: Document) -> int:
    return sum(variant.get("CurrentInstanceCount", 0) for variant in endpoint.get("ProductionVariants", ()))


def _per_instance(config: dict[str, Any]) -> int:
    return int(config.get("ClientConfig", {}).get("MaxConcurrentInvocationsPerInstance", PER_INSTANCE))
