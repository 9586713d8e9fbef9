"""An endpoint's life, in AWS itself."""

from __future__ import annotations


def test_a_life(endpoint):
    first = endpoint.deploy("--memory", "1024", "--max-concurrency", "2")
    assert first["steps"][-1]["result"].endswith("as packed")
    assert endpoint.deploy("--memory", "1024", "--max-concurrency", "2")["changed"] is False
    answer = endpoint.coppice("invoke", endpoint.name, "-f", "rows.csv")
    assert len(answer["body"]) > 0
    in_place = endpoint.deploy("--memory", "1024", "--max-concurrency", "1")
    assert in_place["now"]["config"] == first["now"]["config"]
    updated = endpoint.deploy("--memory", "2048", "--max-concurrency", "2")
    assert updated["now"]["memory_mb"] == 2048
    back = endpoint.coppice("rollback", endpoint.name, "--yes")
    assert (back["now"]["memory_mb"], back["now"]["max_concurrency"]) == (1024, 1)
