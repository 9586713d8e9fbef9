"""Requests per second from wrk, which posts distinct single rows in turn."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from benchmarks.contenders import Contender
from benchmarks.processes import Server
from benchmarks.rows import Rows

HOW_TO_INSTALL = "wrk isn't installed, so requests/s aren't measured: apt-get install wrk"
DISTINCT = 2_000

_SCRIPT = """
local requests, count, next_one = {}, 0, 0
function init(arguments)
  for body in io.lines(arguments[1]) do
    count = count + 1
    requests[count] = wrk.format("POST", "%(path)s", {["Content-Type"] = "%(content_type)s"}, body)
  end
end
function request()
  next_one = next_one %% count + 1
  return requests[next_one]
end
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('{"requests": %%d, "microseconds": %%d, "failed": %%d}\\n', summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""


def is_here() -> bool:
    """Whether wrk can be run."""
    return shutil.which("wrk") is not None


def requests_per_second(server: Server, core: int, connections: int, seconds: float, work: Path) -> float:
    """Answered requests; ValueError where one failed."""
    script, bodies = (work / f"{server.contender.key}.{suffix}" for suffix in ("lua", "bodies"))
    shape = {"path": server.contender.path, "content_type": server.contender.content_type}
    script.write_text(_SCRIPT % shape)
    command = ["taskset", "-c", str(core), "wrk", "--threads", "1", "--connections", str(connections)]
    command += ["--duration", f"{max(1, round(seconds))}s", "--timeout", "30s", "--script", str(script)]
    command += [f"http://127.0.0.1:{server.port}", "--", str(bodies)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = json.loads(output.splitlines()[-1])
    if found["failed"]:
        raise ValueError(f"{found['failed']} of {found['requests']} requests failed under {connections} connections")
    return float(found["requests"] / found["microseconds"] * 1e6)


def write_bodies(contender: Contender, rows: Rows, work: Path) -> None:
    """One body a line, each a row that was held out."""
    batches = rows.batches(1, seed=4)
    count = min(DISTINCT, rows.test)
    bodies = [contender.encode(next(batches).lines) for _ in range(count)]
    (work / f"{contender.key}.bodies").write_bytes(b"\n".join(bodies) + b"\n")
