"""`coppice train`: what `docker run IMAGE train` does, on a laptop."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from container.errors import HyperparameterError
from deploy.cli.console import emit, say


def train(
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write the model to.")],
    data: Annotated[
        Path | None,
        typer.Option(help="A CSV or Parquet file, or a folder of them; by default California Housing.", exists=True),
    ] = None,
    target: Annotated[str | None, typer.Option(help="The column to predict, by name or position.")] = None,
    task: Annotated[str | None, typer.Option(help="regression, classification or auto (the default).")] = None,
    hyperparameter: Annotated[
        list[str] | None, typer.Option("--hyperparameter", "-p", metavar="NAME=VALUE", help="As SageMaker takes them.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the metrics and the model's id as JSON.")] = False,
) -> None:
    """Train a RandomForest and write a model folder that `coppice serve` serves.

    Example: coppice train --data houses.csv --target price -p n_estimators=200 --output models/houses
    """
    from container.training.data import read_channel
    from container.training.hyperparameters import Hyperparameters
    from container.training.run import train as run
    from deploy.example_data import load

    texts = dict(map(_pair, hyperparameter or []))
    texts |= {name: value for name, value in {"task": task, "target": target}.items() if value is not None}
    settings = Hyperparameters.parse(texts)
    training = read_channel(data, settings.header, "", settings.target, say) if data else load(settings.target, say)
    trained = run(training, {}, settings, output, say)
    say(f"model {trained.manifest.model_id} written to {output}; next: coppice serve {output}")
    if as_json:
        emit({"model_id": trained.manifest.model_id, "output": str(output), "metrics": trained.scores})


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise HyperparameterError(f"{text!r} is no hyperparameter.", "Write -p NAME=VALUE, as in -p n_estimators=200.")
    return name.strip(), value
