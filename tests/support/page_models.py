"""Models to look at a page with, and a server in this process that shows one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wsgi import LimitedStream

from container.artifact import archive
from container.inference.service import Service
from container.packing.pack import Code, pack
from container.server import wsgi
from container.settings import Settings
from container.web.app import create_app

HOSTILE = "<img src=x onerror=alert(1)>"
ENDS_SCRIPT = "</script><script>document.title='stolen'</script>"
SCRIPTS = Path(__file__).parents[1] / "scripts"

Fitted = tuple[Any, pd.DataFrame | None]
"""An estimator, and rows to pack with it as its example."""


def diabetes() -> Fitted:
    """A regression whose columns have names."""
    table, target = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    return RandomForestRegressor(100, max_depth=6, random_state=0).fit(table, target), table


def wine() -> Fitted:
    """A classifier of three classes with names."""
    bunch = load_wine(as_frame=True)
    labels = bunch.target_names[bunch.target]
    table = bunch.data[["alcohol", "hue", "proline"]]
    return RandomForestClassifier(20, random_state=0).fit(table, labels), table


def named() -> Fitted:
    """A regression of three columns."""
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)).round(2), columns=["a", "b", "c"])
    return RandomForestRegressor(5, random_state=0).fit(table, table.a + table.b), table


def unnamed() -> Fitted:
    rows = np.random.default_rng(0).normal(size=(60, 3)).round(2)
    return RandomForestRegressor(5, random_state=0).fit(rows, rows.sum(axis=1)), None


def several_outputs() -> Fitted:
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 2)).round(2), columns=["a", "b"])
    return RandomForestRegressor(5, random_state=0).fit(table, np.column_stack([table.a, table.b])), table


def several_labels() -> Fitted:
    """Two outputs with labels of their own."""
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 2)).round(2), columns=["a", "b"])
    labels = np.column_stack([np.where(table.a > 0, "yes", "no"), np.where(table.b > 0, "red", "blue")])
    return RandomForestClassifier(5, random_state=0).fit(table, labels), table


def many_labels() -> Fitted:
    """A classifier of twenty classes."""
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(200, 2)).round(2), columns=["a", "b"])
    return RandomForestClassifier(5, random_state=0).fit(table, np.arange(200) % 20), table


def long_names() -> Fitted:
    """Columns whose names differ at their ends."""
    names = [f"mean_of_the_sensors_of_the_northern_hall_over_the_last_hour_{number}" for number in range(40)]
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(80, 40)).round(2), columns=names)
    return RandomForestRegressor(5, random_state=0).fit(table, table[names[0]] + table[names[1]]), table


def scaled() -> Fitted:
    """Missing values are filled in, and what comes is scaled."""
    table, target = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    table = table[["bmi", "bp", "s5"]].copy()
    table.loc[::7, "bp"] = np.nan
    steps = make_pipeline(SimpleImputer(), StandardScaler(), RandomForestRegressor(10, max_depth=4, random_state=0))
    return steps.fit(table, target), table


def missing() -> Fitted:
    """A forest that takes missing values itself."""
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 2)).round(2), columns=["a", "b"])
    table.loc[::5, "a"] = np.nan
    return RandomForestClassifier(5, random_state=0).fit(table, table.a.isna().map({True: 7, False: 3})), table


def mixed() -> Fitted:
    """Texts, truth values and numbers, unpacked by an encoder."""
    random = np.random.default_rng(0)
    table = pd.DataFrame(
        {"city": ["Oslo", "Rome"] * 30, "new": [True, False, False] * 20, "size": random.normal(size=60)}
    )
    encoder = ColumnTransformer([("city", OneHotEncoder(handle_unknown="ignore"), ["city"])], remainder="passthrough")
    return make_pipeline(encoder, LinearRegression()).fit(table, table["size"] + table.new), table


def linear() -> Fitted:
    """No forest."""
    table, target = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    return LinearRegression().fit(table, target), table


def hostile() -> Fitted:
    """Columns and classes whose names are markup."""
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 3)).round(2), columns=[HOSTILE, ENDS_SCRIPT, "it's"])
    labels = np.where(table[HOSTILE] > 0, HOSTILE, ENDS_SCRIPT)
    return RandomForestClassifier(3, random_state=0).fit(table, labels), table


def application(folder: Path, model: Callable[[], Fitted], script: str = "", **settings: Any) -> Any:
    """The WSGI application of a packed model with the page on; with one of tests/scripts where it is named."""
    estimator, rows = model()
    joblib.dump(estimator, folder / "model.joblib")
    sample = None
    if rows is not None:
        sample = folder / "rows.csv"
        rows.to_csv(sample, index=False)
    given = Code(SCRIPTS / script) if script else None
    pack(folder / "model.joblib", folder / "model.tar.gz", sample, given=given)
    return served(folder / "model.tar.gz", **settings)


def served(model: Path, **changes: Any) -> Any:
    """The WSGI application of a model file, folder or archive, with the page on."""
    settings = Settings(page=True)._replace(**changes)
    service = Service(cores=2, timeout=5)
    service.load(lambda: wsgi.load_pipeline(model, settings))
    return create_app(service, settings, cores=2)


def unpacked(model: Path, folder: Path) -> Path:
    """A packed model as a folder."""
    archive.extract(model, folder)
    return folder


class _Quiet(WSGIRequestHandler):
    def log(self, *args: Any) -> None:
        pass


def _bounded(app: Any) -> Any:
    """Bodies that end where their length says, as gunicorn's do."""

    def call(environ: dict[str, Any], start_response: Any) -> Any:
        environ["wsgi.input"] = LimitedStream(environ["wsgi.input"], int(environ.get("CONTENT_LENGTH") or 0))
        return app(environ, start_response)

    return call


@contextmanager
def running(app: Any) -> Iterator[str]:
    """The address of an application that answers on a free port."""
    server = make_server("127.0.0.1", 0, _bounded(app), threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
