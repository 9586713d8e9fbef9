"""An asynchronous endpoint: the body goes to S3, and the answer is fetched from there when it has come."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Final, Protocol

from deploy.aws.invocation import Call, Reply
from deploy.aws.s3 import S3Uri
from deploy.errors import ModelFailed
from deploy.invoke.retry import NotAnswered

WAIT_SECONDS: Final = 900.0
"""InvocationTimeoutSeconds' default; what waits in the queue may take longer."""
_LONGEST_PAUSE: Final = 10.0


class Queue(Protocol):
    """Takes a call whose body lies in S3; says where the answer will be, and where a failure (or an empty string)."""

    def invoke_async(self, endpoint: str, call: Call, location: str) -> tuple[str, str]: ...  # noqa: D102


class Store(Protocol):
    """Objects in S3. `get` gives the bytes and the media type, or None while there is nothing."""

    def put(self, uri: S3Uri, body: bytes, content_type: str) -> None: ...  # noqa: D102
    def get(self, uri: S3Uri) -> tuple[bytes, str] | None: ...  # noqa: D102


class Later:
    """Calls asynchronous endpoints and waits for their answers."""

    def __init__(
        self,
        queue: Queue,
        store: Store,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        tell: Callable[[str], None],
    ) -> None:
        self._queue = queue
        self._store = store
        self._clock = clock
        self._sleep = sleep
        self._tell = tell

    def put(self, call: Call, output_path: str) -> str:
        """Put the body beside where the endpoint writes, which its role and this account can reach; its address."""
        below = S3Uri.parse(output_path, "The endpoint's output path")
        prefix = f"{below.key.rstrip('/')}/" if below.key else ""
        place = S3Uri(below.bucket, f"{prefix}coppice-invoke/{uuid.uuid4().hex}")
        self._store.put(place, call.body, call.content_type)
        return str(place)

    def answer(self, endpoint: str, call: Call, location: str) -> Reply:
        """Have the body at `location` answered, and wait. Raises ModelFailed, NotAnswered."""
        output, failure = self._queue.invoke_async(endpoint, call, location)
        self._tell(f"  queued; the answer comes to {output}")
        end, pause = self._clock() + WAIT_SECONDS, 1.0
        while True:
            if found := self._store.get(S3Uri.parse(output, "The answer's address")):
                return Reply(200, found[0], found[1])
            if failure and (said := self._store.get(S3Uri.parse(failure, "The failure's address"))):
                raise ModelFailed(
                    f"The container failed: {said[0].decode(errors='replace').strip()}", f"log: coppice logs {endpoint}"
                )
            if self._clock() + pause > end:
                raise NotAnswered(f"No answer within {WAIT_SECONDS:.0f} s.", f"It may still come, to {output}")
            self._sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)
