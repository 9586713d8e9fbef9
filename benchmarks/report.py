"""docs/benchmarks.md from a run's results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.targets import Results, Verdict

MISSING = "–"

_METHOD = """\
## What is measured, and how

One run; servers take turns (A, B, C, A, B, C, …), so that what slows the machine for a while slows all of them. The
server is pinned to one core and the client to the other (`taskset`); one worker; `OMP_NUM_THREADS=1` and
`MALLOC_ARENA_MAX=2`, as in the image. Figures are medians over the rounds, ratios are ratios of medians, and every
answer is compared with the estimator's own `predict`, to the last bit.

- **The model** is `RandomForestRegressor(100, random_state=0)` with default depth, fitted on 80 % of California
  Housing. Coppice's forest engine serves the artifact of `coppice pack --no-source`; all others serve the joblib.
- **plain** is `benchmarks/servers/plain.py`: what one writes without Coppice. **empty** is a Flask app that answers a
  constant. Both run under the same gunicorn, with the same settings, as Coppice.
- **launch** is the time from the start of the process to the first right answer to `POST /invocations`, asked every
  2 ms. Files are in the page cache. Nothing else is up meanwhile, as for **PSS**: the sum over the process tree after
  200 requests. The process that measures imports no NumPy, so it shares no pages of it.
- **One row** is CSV over one keep-alive connection; rows are distinct, shuffled and were held out of the training. The
  client is a raw socket.
- **Requests/s** are wrk's, which posts such rows in turn.
- **100, 1,000 and 10,000 rows** are CSV too; for 10,000 the rows are drawn from the whole table, without repetition.
- **/ping under load** is asked every 5 ms while two other connections send 10,000 rows after 10,000 rows.
- **The kernel alone** is `benchmarks/kernel.py`: one process, one core, no server.
- **1,000 trees** take turns with 100 trees for the launch; the container is `docker run --memory 1024m --memory-swap
  1024m`, read-only and without root, as SageMaker's serverless endpoints run it.

Noise: on a shared or virtual machine, differences under 15 % mean nothing. Where the two cores are threads of one
physical core, as the table below may say, the client slows the server; the ratios suffer less than the times.

## Once more

    make bench              # everything above; minutes, and some more the first time, when it trains
    make bench PEERS=1      # MLflow, MLServer, BentoML and LitServe too, installed under build/bench/peers
    make bench CHECK=1      # exit with 1 unless every target is met
    make bench BIG=0        # without the 1,000 trees
    make bench QUICK=1      # a tiny forest for a moment, to see whether the benchmark itself works

It wants Linux, `taskset` (util-linux), and for the requests/s `wrk` (`apt-get install wrk`); images and the container
are measured where Docker and the image are there (`make image` first). California Housing is read from
`../shared/data/cal_housing.csv` or fetched by scikit-learn; without either the numbers are made up, and the page says
so. Every round's value is in `build/bench/results.json`.
"""


def write(results: Results, verdicts: Sequence[Verdict]) -> str:
    """The page."""
    parts = [
        "# Benchmarks",
        "Written by `make bench`" + (" in its quick mode: these figures mean nothing." if results["quick"] else "."),
        _summary(results),
        "![Cold start, memory, one row, 10,000 rows](benchmarks.svg)",
        "## Targets",
        targets(verdicts),
        "## Servers",
        "In parentheses: the ratio to the plain server's.",
        _start(results),
        _single(results),
        _batches(results),
        *_notes(results),
        "## Sizes",
        _sizes(results),
        *_kernel(results),
        *_big(results),
        "## The machine",
        table(["", ""], [[name, value] for name, value in results["machine"].items()]),
        _METHOD.rstrip(),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)] if len(head) > 2 else ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def targets(verdicts: Sequence[Verdict]) -> str:
    """The targets with what was measured."""
    rows = []
    for each in verdicts:
        sign, unit = "≥" if each.target.at_least else "≤", f" {each.target.unit}".rstrip()
        measured = MISSING if each.value is None else f"{each.value:.3g}{unit}"
        rows.append([each.target.name, f"{sign} {each.target.limit:g}{unit}", measured, each.words])
    return table(["figure", "target", "measured", ""], rows)


def figure(results: Results, key: str, name: str, form: str) -> str:
    """A server's figure, and its ratio to the plain server's."""
    servers = results["servers"]
    value = servers[key].get(name)
    if value is None:
        return MISSING
    base = servers.get("plain", {}).get(name)
    text = format(value, form)
    return text if base is None or key == "plain" else f"{text} ({value / base:.2g} ×)"


def _servers(results: Results, columns: Sequence[tuple[str, str, str]]) -> str:
    rows = [
        [each["title"], *(figure(results, key, name, form) for _, name, form in columns)]
        for key, each in results["servers"].items()
    ]
    return table(["", *(head for head, _, _ in columns)], rows)


def _start(results: Results) -> str:
    return _servers(results, [("launch, ms", "launch_ms", ",.0f"), ("PSS, MB", "pss_mb", ",.0f")])


def _single(results: Results) -> str:
    columns = [(f"1 row {name}, ms", f"{name}_ms", ".2f") for name in ("p50", "p95", "p99")]
    return _servers(results, [*columns, *((f"req/s, {n} conn.", f"rps_{n}", ",.0f") for n in (4, 16))])


def _batches(results: Results) -> str:
    columns = [(f"{size:,} rows, ms", f"rows_{size}_ms", ".1f") for size in (100, 1_000, 10_000)]
    rate = ("rows/s at 10,000", "rows_10000_per_s", ",.0f")
    return _servers(results, [*columns, rate, ("/ping p99 under load, ms", "ping_p99_ms", ".1f")])


def _notes(results: Results) -> list[str]:
    lines = []
    for each in results["servers"].values():
        if each["note"]:
            lines.append(f"- {each['title']}: {each['note']}")
        elif each["answers_wrong"]:
            lines.append(
                f"- {each['title']}: {each['answers_wrong']:,} of {each['answers_compared']:,} answers differ."
            )
    compared = sum(each["answers_compared"] for each in results["servers"].values())
    return ["\n".join([f"{compared:,} answers were compared with the estimator's.", "", *lines]).strip()]


def _summary(results: Results) -> str:
    model = results["model"]
    return f"{model['trees']:,} trees, {model['nodes']:,} nodes, fitted on {model['data']}."


def _sizes(results: Results) -> str:
    model = results["model"]
    rows = [
        ["`model.joblib`", _megabytes(model["joblib_bytes"])],
        ["`model.joblib`, gzipped", _megabytes(model["joblib_gz_bytes"])],
        ["`model.tar.gz` without the joblib", _megabytes(model["artifact_bytes"])],
        *([f"image `{name}`", _megabytes(size)] for name, size in results["images"].items()),
    ]
    return table(["", "MB"], rows)


def _megabytes(size: int | None) -> str:
    return MISSING if size is None else f"{size / 1e6:,.1f}"


def _kernel(results: Results) -> list[str]:
    found: dict[str, dict[str, float]] | None = results.get("kernel")
    if not found:
        return []
    rows = []
    for n_rows, medians in found.items():
        base = medians["scikit-learn"]
        cells = (
            f"{medians[name] * 1e6:,.0f} ({base / medians[name]:.3g} × as fast)" if name in medians else MISSING
            for name in ("native", "numpy")
        )
        rows.append([f"{int(n_rows):,}", f"{base * 1e6:,.0f}", *cells])
    return [
        "## The kernel alone",
        table(["rows", "RandomForestRegressor.predict, µs", "native, µs", "NumPy, µs"], rows),
    ]


def _big(results: Results) -> list[str]:
    big: dict[str, Any] | None = results.get("big")
    if not big:
        return []
    lines = [f"{big['nodes']:,} nodes, `model.tar.gz` {_megabytes(big['artifact_bytes'])} MB."]
    if "launch_ms" in big:
        lines.append(
            f"Launch {big['launch_ms']:,.0f} ms; 100 trees, in turns with it, {big['small_launch_ms']:,.0f} ms; "
            f"PSS {big['pss_mb']:,.0f} MB."
        )
    if "container_launch_s" in big:
        lines.append(
            f"In a 1024 MB container it answers rightly, {big['container_launch_s']:.1f} s after `docker run`."
        )
    lines += [big[name] for name in ("note", "container_note") if big.get(name)]
    return ["## 1,000 trees", "\n".join(lines)]
