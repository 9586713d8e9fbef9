"""The measurement: one call to prove that it works, then the sizes in turn, so that noise hits all alike."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

from deploy.aws.invocation import Call
from deploy.endpoint.limits import MEMORY_SIZES_MB
from deploy.errors import ModelFailed
from deploy.tune.measured import Latency, Level, Measured, Size
from deploy.tune.options import Tuning, calls_each, together
from deploy.tune.target import Answered, DoesNotFit, Outcome, Target

Progress = Callable[[int, int, str], None]
"""Calls made, calls to make, and what is going on."""
FAILURES: Final = 3
"""After so many calls that failed, a size is stopped."""


def measure(target: Target, tuning: Tuning, calls: Sequence[Call], progress: Progress) -> Measured:
    """Measure every size with the payloads in turn; what Ctrl-C leaves unmeasured is missing, and said to be.

    Raises ModelFailed where a payload isn't answered, DeployError where an endpoint fails for another reason
    than its memory.
    """
    work = _Work(target, tuning, calls, progress)
    try:
        work.prove()
        work.in_turn()
        work.together()
    except KeyboardInterrupt:
        work.measured.interrupted = True
    finally:
        work.end()
    return work.measured


class _Work:
    def __init__(self, target: Target, tuning: Tuning, calls: Sequence[Call], progress: Progress) -> None:
        self.measured = Measured(target.name, target.notes, tuning, {size: Size(size) for size in tuning.sizes})
        self._target = target
        self._tuning = tuning
        self._calls = calls
        # Each size gets the same ones in the same order: they may differ in what they take.
        self._payloads = {size: itertools.cycle(calls) for size in tuning.sizes}
        self._progress = progress
        self._placed: set[int] = set()
        self._done = 0
        self._lock = threading.Lock()

    def prove(self) -> None:
        """Step 0: each payload is answered by the largest size, or there is nothing to measure."""
        largest = max(self._tuning.sizes)
        if not self._place(self.measured.sizes[largest]):
            stopped = self.measured.sizes[largest].stopped
            raise ModelFailed(f"It doesn't fit {largest} MB, the largest size asked for: {stopped}.", _more(largest))
        for number, call in enumerate(self._calls, 1):
            answered = self._ask(largest, call)
            if answered.outcome is not Outcome.ok:
                which = f"Payload {number}" if len(self._calls) > 1 else "The payload"
                outgrown = answered.outcome is Outcome.out_of_memory
                raise ModelFailed(
                    f"{which} isn't answered at {largest} MB ({answered.outcome}): {answered.said}",
                    _more(largest) if outgrown else "Nothing was measured. Name one that works: --payload FILE",
                )

    def in_turn(self) -> None:
        """Cold starts and warm calls, a share of each size's in every round."""
        shares = _shares(self._tuning.calls, self._tuning.colds)
        for number, share in enumerate(shares):
            for size in self._turned(number):
                self._cold(size)
                self._warm(size, share)

    def together(self) -> None:
        """Several clients at a time."""
        for clients in self._tuning.levels:
            if clients == 1:
                continue  # that is what was measured already
            for size in self._going():
                self._level(size, clients)

    def end(self) -> None:
        """Take everything away again. What fails of it, or is ended with Ctrl-C, keeps neither the rest nor the results
        from being done."""
        reasons: list[str] = []
        for memory_mb in sorted(self._placed):
            size = self.measured.sizes[memory_mb]
            if size.warm:
                with self._whatever(reasons):
                    self._tell(f"{memory_mb} MB: asking for its peak memory")
                    size.peak_bytes = max(size.peak_bytes, self._target.peak_bytes(memory_mb))
            with self._whatever(reasons):
                self._tell(f"{memory_mb} MB: removing it")
                self._target.remove(memory_mb)
        self._placed.clear()
        left = self._target.left()
        if left:
            commands = "; ".join(f"aws sagemaker delete-endpoint --endpoint-name {name}" for name in left)
            reasons.append(f"still there: {', '.join(left)}; remove what is left: {commands}")
        self.measured.notes += tuple(reasons)

    @contextmanager
    def _whatever(self, reasons: list[str]) -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt:
            self.measured.interrupted = True
        except Exception as error:  # noqa: BLE001 - it is told, and the rest is done
            reasons.append(str(error))

    def _turned(self, number: int) -> list[Size]:
        """The sizes, each time beginning with another."""
        going = self._going()
        return going[number % len(going) :] + going[: number % len(going)] if going else []

    def _going(self) -> list[Size]:
        return [size for size in self.measured.sizes.values() if not size.stopped]

    def _place(self, size: Size) -> bool:
        if size.memory_mb in self._placed:
            return True
        self._tell(f"{size.memory_mb} MB: bringing it up")
        self._placed.add(size.memory_mb)  # whatever comes of it is to be removed
        try:
            self._target.place(size.memory_mb)
        except DoesNotFit as failure:
            self._stop(size, str(failure), out_of_memory=True)
            return False
        return True

    def _cold(self, size: Size) -> None:
        if self._place(size):
            self._tell(f"{size.memory_mb} MB: a cold start")
            self._target.cool(size.memory_mb)
            self._count(size)

    def _warm(self, size: Size, calls: int) -> None:
        for _ in range(calls):
            if size.stopped:
                return
            self._tell(f"{size.memory_mb} MB: warm calls")
            self._count(size)

    def _count(self, size: Size) -> None:
        call = next(self._payloads[size.memory_mb])
        answered = self._ask(size.memory_mb, call)
        size.add(answered, len(call.body))
        if answered.outcome is Outcome.out_of_memory:
            self._stop(size, answered.said, out_of_memory=True)
        elif len(size.failures) >= FAILURES:
            self._stop(size, f"{FAILURES} calls failed: {answered.said}")

    def _level(self, size: Size, clients: int) -> None:
        self._tell(f"{size.memory_mb} MB: {clients} clients at a time")
        count = together(self._tuning, clients)
        payloads = [next(self._payloads[size.memory_mb]) for _ in range(count)]
        with ThreadPoolExecutor(clients, thread_name_prefix="client") as threads:
            try:
                answers = list(threads.map(lambda call: self._ask(size.memory_mb, call), payloads))
            except BaseException:  # Ctrl-C above all: the calls that haven't begun are not waited for
                threads.shutdown(wait=False, cancel_futures=True)
                raise
        size.peak_bytes = max([size.peak_bytes, *(answered.max_used_bytes for answered in answers)])
        good = [answered for answered in answers if answered.outcome is Outcome.ok]
        warm = [answered.client_ms for answered in good if answered.cold_init_ms is None]
        throttled = sum(answered.outcome is Outcome.throttled for answered in answers)
        size.levels.append(
            Level(clients, Latency.of(warm), len(good) - len(warm), throttled, len(answers) - len(good) - throttled)
        )
        outgrown = next((answered for answered in answers if answered.outcome is Outcome.out_of_memory), None)
        if outgrown is not None:
            self._stop(size, outgrown.said, out_of_memory=True)

    def _ask(self, memory_mb: int, call: Call) -> Answered:
        answered = self._target.call(memory_mb, call)
        with self._lock:
            self._done += 1
        return answered

    def _stop(self, size: Size, why: str, out_of_memory: bool = False) -> None:
        size.stopped, size.out_of_memory = f"out of memory: {why}" if out_of_memory else why, out_of_memory
        self._target.remove(size.memory_mb)
        self._placed.discard(size.memory_mb)

    def _tell(self, text: str) -> None:
        self._progress(self._done, max(self._done, self._expected()), text)

    def _expected(self) -> int:
        """Calls altogether, if no other size is stopped."""
        gone = sum(len(size.warm) + len(size.colds) for size in self.measured.sizes.values() if size.stopped)
        return len(self._calls) + len(self._going()) * calls_each(self._tuning) + gone


def _more(largest_mb: int) -> str:
    """What to do where the largest size that was asked for won't do."""
    larger = [str(size) for size in MEMORY_SIZES_MB if size > largest_mb]
    if larger:
        return f"Nothing was measured. Measure larger ones: --memory {','.join(larger)}"
    return "Nothing was measured. No serverless endpoint has more; instances have: coppice deploy --instance-type"


def _shares(calls: int, rounds: int) -> list[int]:
    """The calls, spread over the rounds."""
    return [calls // rounds + (number < calls % rounds) for number in range(rounds)]
