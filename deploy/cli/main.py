"""`coppice`: the verbs, and what every one of them does with a failure.

Exit codes: 0 done, 1 failed, 2 misused, 3 something has to be there first, 130 interrupted.
"""

from __future__ import annotations

import sys
from typing import Annotated, Final

import typer

from container import __version__
from container.errors import ContainerError
from deploy.cli import (
    approve,
    batch,
    build,
    cost,
    delete,
    deploy,
    doctor,
    inspect,
    invoke,
    local,
    logs,
    metrics,
    pack,
    policy,
    push,
    register,
    rollback,
    serve,
    status,
    train,
    tune,
)
from deploy.cli.console import complain, emit
from deploy.errors import DeployError

INTERRUPTED: Final = 130
"""The exit code after Ctrl-C."""

app = typer.Typer(
    name="coppice",
    help="Serve scikit-learn forests on Amazon SageMaker, and on your own machine first.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
VERBS = {
    "A model": (train.train, pack.pack, inspect.inspect, serve.serve),
    "An image": (build.build, push.push),
    "An endpoint": (
        deploy.deploy,
        invoke.invoke,
        status.status,
        logs.logs,
        metrics.metrics,
        rollback.rollback,
        delete.delete,
    ),
    "A size": (tune.tune, cost.cost),
    "Many rows, many models": (batch.batch, register.register, approve.approve),
    "An account": (doctor.doctor, policy.policy),
}
for panel, verbs in VERBS.items():
    for verb in verbs:
        app.command(verb.__name__, rich_help_panel=panel)(verb)
app.add_typer(local.app, name="local", rich_help_panel="Your own machine")


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"coppice {__version__}\n")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Options before the verb."""


def run() -> None:
    """The console script."""
    as_json = "--json" in sys.argv
    try:
        app()
    except ContainerError as error:
        complain(error, as_json)
        sys.exit(error.exit_code if isinstance(error, DeployError) else 1)
    except OSError as error:
        complain(ContainerError(f"{error.filename or 'A file'} can't be used: {error.strerror or error}."), as_json)
        sys.exit(1)
    except SystemExit as end:
        if as_json:  # typer told people; a program wants to know, too
            _say_why(end)
        raise
    except Exception as error:
        known = _from_aws(error)
        if known is None:
            raise
        complain(known, as_json)
        sys.exit(known.exit_code)


def _say_why(end: SystemExit) -> None:
    """typer's own ends as JSON: wrong usage, and a Ctrl-C that no verb has told about."""
    reason = end.__context__
    if end.code == 2:
        format_message = getattr(reason, "format_message", None)
        message = format_message() if format_message else "The command was used wrongly."
        emit({"error": {"code": "usage", "message": message, "hint": "See coppice --help."}})
    elif end.code == INTERRUPTED and reason is not None and isinstance(reason.__cause__, KeyboardInterrupt):
        emit({"error": {"code": "interrupted", "message": "Interrupted.", "hint": "Run the same command again."}})


def _from_aws(error: Exception) -> DeployError | None:
    if "botocore" not in sys.modules and "boto3" not in sys.modules:
        return None
    from deploy.aws.errors import translate

    return translate(error)
