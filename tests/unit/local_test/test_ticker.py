"""Who watches the memory goes on watching."""

from __future__ import annotations

import threading

from local_test.emulator.instances.ticker import Ticker


def test_a_look_that_fails_is_not_the_last():
    looks = []
    third = threading.Event()

    def look():
        looks.append(None)
        if len(looks) == 3:
            third.set()
        raise ValueError

    ticker = Ticker(0.001, look, "something")
    assert third.wait(20)
    ticker.close()
