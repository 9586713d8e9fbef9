"""`make bench`: prepares, runs, prints the targets, writes results.json, the page and the picture.

python -m benchmarks.run [--quick] [--peers] [--check] [--only KEY …] [--no-big] [--image NAME --slim-image NAME]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks import docker, host, report, wrk
from benchmarks.contenders import Contender, coppice, ours
from benchmarks.picture import draw
from benchmarks.processes import cores
from benchmarks.rounds import QUICK, Plan, Run, say
from benchmarks.rows import Rows
from benchmarks.targets import verdicts

ROOT = Path(__file__).parents[1]
TREES, BIG_TREES, QUICK_TREES = 100, 1_000, 5


def main() -> int:
    """Returns 1 where an answer was wrong, or, with --check, a target isn't met."""
    options = read_options()
    work, page = (
        (options.output / "quick", options.output / "quick") if options.quick else (options.output, ROOT / "docs")
    )
    pinned, allowed = cores(), os.sched_getaffinity(0)
    trees = QUICK_TREES if options.quick else TREES
    folder = prepare(work, trees)
    results: dict[str, Any] = {"quick": options.quick, "machine": host.describe(ROOT), "model": facts(folder)}
    big = prepare(work, BIG_TREES) if options.big and not options.quick else None
    if not options.quick:
        say("the kernel alone")
        results["kernel"] = measure_kernel(work, pinned[0])
    if not wrk.is_here():
        say(wrk.HOW_TO_INSTALL)
    os.sched_setaffinity(0, {pinned[1]})
    contenders = [each for each in ours(folder) if not options.only or each.key in options.only]
    if options.peers:
        from benchmarks.peers.install import installed

        os.sched_setaffinity(0, allowed)
        contenders += installed(work, folder, facts(folder)["columns"])
        os.sched_setaffinity(0, {pinned[1]})
    results |= measure_servers(contenders, folder, pinned, QUICK if options.quick else Plan(), work)
    if big is not None:
        results["big"] = measure_big(folder, big, pinned, work, options.image)
    results["images"] = {name: docker.image_bytes(name) for name in (options.image, options.slim_image)}
    return write(results, work, page, options.check)


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--quick", action="store_true", help="a tiny forest for a moment: does the benchmark itself work?"
    )
    parser.add_argument("--peers", action="store_true", help="MLflow, MLServer, BentoML and LitServe too")
    parser.add_argument("--check", action="store_true", help="exit with 1 unless every target is met")
    parser.add_argument("--only", nargs="+", default=(), help="these servers only: forest numpy sklearn plain empty")
    parser.add_argument("--no-big", dest="big", action="store_false", help="without the forest of 1,000 trees")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "bench")
    parser.add_argument("--image", default="coppice")
    parser.add_argument("--slim-image", default="coppice:slim")
    return parser.parse_args()


def prepare(work: Path, trees: int) -> Path:
    """The folder with a forest of `trees`, made in a process of its own if it isn't there yet."""
    folder = work / f"trees-{trees}"
    say(f"the forest of {trees:,} trees")
    command = [sys.executable, "-m", "benchmarks.prepare", str(folder.resolve()), "--trees", str(trees)]
    subprocess.run(command, cwd=ROOT, check=True)
    return folder


def facts(folder: Path) -> dict[str, Any]:
    """What prepare.py noted."""
    return dict(json.loads((folder / "facts.json").read_text()))


def measure_kernel(work: Path, core: int) -> Any:
    """Medians of benchmarks/kernel.py on the servers' core, by rows and by who predicts; nothing where it can't run."""
    output = work / "kernel.json"
    command = ["taskset", "-c", str(core), sys.executable, "-m", "benchmarks.kernel", "--json", str(output.resolve())]
    try:
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        subprocess.run(command, cwd=ROOT, env=environment, stdout=sys.stderr, check=True)
    except subprocess.CalledProcessError:
        return None
    return json.loads(output.read_text())


def measure_servers(
    contenders: list[Contender], folder: Path, pinned: tuple[int, int], plan: Plan, work: Path
) -> dict[str, Any]:
    """The interleaved run: medians by server, and every round's value."""
    run = Run(contenders, Rows.read(folder), pinned, plan, work / "servers")
    run.launch_in_turns()
    run.serve_in_turns()
    return {
        "servers": {key: record.summary() for key, record in run.records.items()},
        "rounds": {key: record.values for key, record in run.records.items()},
    }


def measure_big(small: Path, big: Path, pinned: tuple[int, int], work: Path, image: str) -> dict[str, Any]:
    """1,000 trees: launches in turns with 100 trees, memory, and whether a 1024 MB container serves them."""
    names = {"small": small, "big": big}
    # Two runs, because they are asked different rows' answers; one launch each in turn all the same.
    contenders = {
        key: coppice(key, f"{key} forest", base / "packed", "-m", "container", "serve") for key, base in names.items()
    }
    runs = {
        key: Run([contenders[key]], Rows.read(names[key]), pinned, Plan(launches=1), work / "servers") for key in names
    }
    for _ in range(Plan.launches):
        for run in runs.values():
            run.launch_in_turns()
    values = {key: run.records[key].values for key, run in runs.items()}
    notes = [run.records[key].note for key, run in runs.items()]
    found: dict[str, Any] = {"note": " ".join(filter(None, notes)), **facts(big)}
    if not found["note"]:
        found["launch_ms"] = statistics.median(values["big"]["launch_ms"])
        found["small_launch_ms"] = statistics.median(values["small"]["launch_ms"])
        found["pss_mb"] = statistics.median(values["big"]["pss_mb"])
    try:
        found["container_launch_s"] = docker.serves(image, big / "packed", contenders["big"], Rows.read(big))
        found["serves_in_1024_mb"] = 1
    except ValueError as error:
        found["serves_in_1024_mb"] = 0
        found["container_note"] = str(error)
    except (OSError, subprocess.CalledProcessError) as error:
        found["container_note"] = f"not tried: {getattr(error, 'stderr', '') or error}".strip()
    return found


def write(results: dict[str, Any], work: Path, page: Path, check: bool) -> int:
    """Everything that is kept of a run; the exit code."""
    found = verdicts(results)
    results["targets"] = [
        {"name": each.target.name, "value": each.value, "limit": each.target.limit, "verdict": each.words}
        for each in found
    ]
    (work / "results.json").write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")
    (page / "benchmarks.svg").write_text(draw(results))
    (page / "benchmarks.md").write_text(report.write(results, found))
    sys.stdout.write(report.targets(found) + "\n")
    say(f"written: {work / 'results.json'}, {page / 'benchmarks.md'}, {page / 'benchmarks.svg'}")
    wrong = [key for key, each in results["servers"].items() if each["answers_wrong"]]
    if wrong:
        say(f"answers that aren't the estimator's: {', '.join(wrong)}")
    return int(bool(wrong) or (check and not all(each.met for each in found)))


if __name__ == "__main__":
    sys.exit(main())
