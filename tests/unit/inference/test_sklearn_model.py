"""The scikit-learn engine: what loads, what is refused and why, and who is to blame for a failed prediction."""

from __future__ import annotations

import hashlib
import logging
import pickle
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator
from sklearn.ensemble import BaggingRegressor, RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeRegressor

from container.artifact.manifest import Example, Feature, FileEntry, Manifest, Schema
from container.artifact.store import Artifact, open_directory
from container.errors import ArtifactError, IncompatibleModel, MissingLibrary
from container.inference.model import RowRejected, load
from container.inference.sklearn_model import SklearnModel, describe, use_one_core
from container.packing.write import write_manifest

X = np.random.default_rng(0).normal(size=(30, 2))
Y = X[:, 0]
HERE = sklearn.__version__


def fitted_forest() -> RandomForestRegressor:
    return RandomForestRegressor(n_estimators=3, random_state=0).fit(X, Y)


def fitted_ridge() -> Ridge:
    """An estimator that no other engine takes over."""
    return Ridge().fit(X, Y)


@pytest.fixture
def bare(tmp_path: Path) -> Callable[..., Artifact]:
    """A folder with just this object, or these bytes, in model.joblib."""

    def bare(content: Any) -> Artifact:
        if not isinstance(content, bytes):
            content = pickle.dumps(content)
        (tmp_path / "model.joblib").write_bytes(content)
        return open_directory(tmp_path)

    return bare


def written_by(version: str, estimator: Any) -> bytes:
    """The estimator's pickle as another scikit-learn of as long a version would have written it."""
    assert len(version) == len(HERE)
    return pickle.dumps(estimator).replace(HERE.encode(), version.encode())


def unreadable(estimator: Any, version: str = HERE) -> bytes:
    """A pickle that needs a module which scikit-learn no longer has."""
    return written_by(version, estimator).replace(b"sklearn.linear_model._ridge", b"sklearn.linear_model._rigde")


def packed_by(version: str, directory: Path, estimator: Any) -> Artifact:
    """A whole artifact whose manifest says that another scikit-learn wrote it."""
    joblib.dump(estimator, directory / "model.joblib")
    write_manifest(directory, estimator, describe(estimator), X, written_by=version)
    return open_directory(directory)


def vouched_for(artifact: Artifact, content: bytes) -> Artifact:
    """The artifact with another content of its model file, which its manifest vouches for all the same."""
    (artifact.directory / "model.joblib").write_bytes(content)
    entry = FileEntry(hashlib.sha256(content).hexdigest(), len(content))
    assert artifact.manifest is not None
    return artifact._replace(manifest=artifact.manifest._replace(files={"model.joblib": entry}))


def test_another_version_that_loads_is_served_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    artifact = packed_by("1.2.3", tmp_path, fitted_ridge())
    caplog.clear()
    assert np.array_equal(load(artifact).model.predict(X), fitted_ridge().predict(X))
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.fields == {"written_by": "1.2.3", "here": HERE}  # type: ignore[attr-defined]


def test_the_same_version_is_served_without_a_word(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    load(packed_by(HERE, tmp_path, fitted_ridge()))
    assert not caplog.records


def test_another_version_that_cannot_be_read_is_refused_with_both_versions(tmp_path: Path) -> None:
    with pytest.raises(IncompatibleModel, match=f"written by scikit-learn 1.2.3; here is {HERE}") as refusal:
        load(vouched_for(packed_by("1.2.3", tmp_path, fitted_ridge()), unreadable(fitted_ridge())))
    assert "Serve it with scikit-learn 1.2.3" in refusal.value.hint


def test_a_bare_pickle_of_another_version_is_served_with_a_warning(
    bare: Callable[..., Artifact], caplog: pytest.LogCaptureFixture
) -> None:
    assert load(bare(written_by("0.9.9", fitted_forest()))).model.predict(X).shape == (30,)
    assert [record.fields["written_by"] for record in caplog.records] == ["0.9.9"]  # type: ignore[attr-defined]


def test_a_bare_pickle_of_another_version_that_cannot_be_read_is_refused_with_both(
    bare: Callable[..., Artifact],
) -> None:
    broken = unreadable(fitted_ridge(), "0.9.9")
    with pytest.raises(IncompatibleModel, match=f"written by scikit-learn 0.9.9; here is {HERE}"):
        load(bare(broken))


def test_a_bare_pickle_that_loads_but_lacks_an_attribute_is_refused(bare: Callable[..., Artifact]) -> None:
    forest = fitted_forest()
    del forest.estimators_
    with pytest.raises(IncompatibleModel, match=rf"written by scikit-learn 0\.9\.9; here is {HERE}.*estimators_"):
        load(bare(written_by("0.9.9", forest)))


def test_a_packed_model_that_lacks_an_attribute_is_refused_with_the_versions(tmp_path: Path) -> None:
    artifact = packed_by("1.2.3", tmp_path, fitted_ridge())
    ridge = fitted_ridge()
    del ridge.coef_
    with pytest.raises(IncompatibleModel, match=r"fails on its own example \(AttributeError: .*scikit-learn 1\.2\.3"):
        load(vouched_for(artifact, pickle.dumps(ridge)))


def write_manifest_of(directory: Path, estimator: Any) -> Manifest:
    joblib.dump(estimator, directory / "model.joblib")
    return write_manifest(directory, estimator, describe(estimator), X)


@pytest.mark.parametrize("share", [0, 0.3, 0.9, 0.999])
def test_half_a_pickle_is_called_broken(bare: Callable[..., Artifact], share: float) -> None:
    whole = written_by("0.9.9", fitted_forest())
    with pytest.raises(ArtifactError, match="it is broken or not a joblib file") as refusal:
        load(bare(whole[: int(len(whole) * share)]))
    assert "joblib.dump" in refusal.value.hint


@pytest.mark.parametrize("content", [b"hello", b"\x80\x05", b"PK\x03\x04zip", b"{}"])
def test_what_is_no_pickle_is_called_so(bare: Callable[..., Artifact], content: bytes) -> None:
    with pytest.raises(ArtifactError, match="not a joblib file"):
        load(bare(content))


@pytest.mark.parametrize("content", [{"model": 1}, [1, 2], "text", None, np.ones(3)])
def test_what_is_no_estimator_is_named_by_its_type(bare: Callable[..., Artifact], content: Any) -> None:
    with pytest.raises(ArtifactError, match=f"holds {type(content).__name__}, which has no predict method"):
        load(bare(content))


@pytest.mark.parametrize("estimator", [RandomForestRegressor(), make_pipeline(DecisionTreeRegressor())])
def test_an_estimator_that_is_not_fitted_is_called_so(bare: Callable[..., Artifact], estimator: Any) -> None:
    with pytest.raises(ArtifactError, match="it isn't fitted"):
        load(bare(estimator))


@pytest.fixture
def module() -> Any:
    """A module that is gone when the model is loaded."""
    made = types.ModuleType("their_library")
    exec("class Theirs:\n    n_features_in_ = 2\n    def predict(self, rows): return rows[:, 0]\n", made.__dict__)
    sys.modules["their_library"] = made
    yield made
    sys.modules.pop("their_library", None)


def test_a_missing_library_is_named(bare: Callable[..., Artifact], module: Any) -> None:
    content = pickle.dumps(module.Theirs())
    del sys.modules["their_library"]
    with pytest.raises(
        MissingLibrary, match="needs the Python package 'their_library', which isn't installed"
    ) as refusal:
        load(bare(content))
    assert "Add it to the image" in refusal.value.hint


def test_a_class_that_its_module_no_longer_has_is_named_without_a_path(
    bare: Callable[..., Artifact], module: Any
) -> None:
    content = pickle.dumps(module.Theirs())
    module.__file__ = "/srv/secret/their_library.py"
    del module.Theirs
    with pytest.raises(ArtifactError, match="'Theirs'") as refusal:
        load(bare(content))
    assert "/srv" not in refusal.value.paragraph()


def test_a_class_of_a_script_is_refused_with_where_to_put_it(bare: Callable[..., Artifact], module: Any) -> None:
    with pytest.raises(ArtifactError, match=r"needs what was defined in a script: .*'Theirs'") as refusal:
        load(bare(pickle.dumps(module.Theirs(), protocol=2).replace(b"their_library", b"__main__")))
    assert "a module of its own" in refusal.value.hint
    assert "/" not in refusal.value.message


SCHEMA = Schema((Feature(""), Feature("")))


class Picky(BaseEstimator):
    """Raises this for rows whose first cell is negative, or for all rows."""

    def __init__(self, error: Exception, always: bool = False) -> None:
        self.error, self.always = error, always

    def predict(self, rows: Any) -> Any:
        if self.always or (rows[:, 0] < 0).any():
            raise self.error
        return rows[:, 0]


@pytest.mark.parametrize("bad", [0, 1, 4, 7])
def test_the_row_to_blame_is_found(bad: int) -> None:
    rows = np.ones((8, 2))
    rows[bad, 0] = -1
    with pytest.raises(RowRejected, match="negative") as refusal:
        SklearnModel(Picky(ValueError("negative\nand more")), SCHEMA, as_frame=False).predict(rows)
    assert (refusal.value.row, refusal.value.column, refusal.value.reason) == (bad, None, "negative")


def test_the_column_to_blame_is_found_where_it_is_no_number() -> None:
    rows = np.ones((3, 2))
    rows[2] = -1, np.inf
    with pytest.raises(RowRejected) as refusal:
        SklearnModel(Picky(ValueError("odd")), SCHEMA, as_frame=False).predict(rows)
    assert (refusal.value.row, refusal.value.column) == (2, 1)


def test_what_good_rows_fail_on_too_is_not_the_callers_fault() -> None:
    model = SklearnModel(Picky(ValueError("broken"), always=True), SCHEMA, as_frame=False, good_rows=np.ones((1, 2)))
    with pytest.raises(ValueError, match="broken"):
        model.predict(np.ones((3, 2)))


def test_without_good_rows_only_a_value_error_blames_the_caller() -> None:
    with pytest.raises(RuntimeError, match="gone"):
        SklearnModel(Picky(RuntimeError("gone")), SCHEMA, as_frame=False).predict(-np.ones((3, 2)))


@pytest.mark.parametrize(
    "estimator",
    [
        RandomForestRegressor(3, n_jobs=-1),
        make_pipeline(RandomForestRegressor(3, n_jobs=-1)),
        BaggingRegressor(RandomForestRegressor(2, n_jobs=-1), n_estimators=2),
        GridSearchCV(RandomForestRegressor(3, n_jobs=-1), {"max_depth": [1]}, cv=2),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_every_part_that_answers_does_so_on_one_core(estimator: Any) -> None:
    use_one_core(estimator.fit(X, Y))
    assert b"RandomForest" in pickle.dumps(estimator)
    assert {part.n_jobs for part in forests_in(estimator)} == {1}


def forests_in(estimator: Any) -> list[RandomForestRegressor]:
    fitted = getattr(estimator, "best_estimator_", None) or getattr(estimator, "estimators_", None)
    if isinstance(estimator, RandomForestRegressor):
        return [estimator]
    if hasattr(estimator, "steps"):
        return [estimator[-1]]
    return fitted if isinstance(fitted, list) else [fitted]


def test_an_example_that_comes_out_differently_is_refused(tmp_path: Path) -> None:
    manifest = write_manifest_of(tmp_path, fitted_forest())
    assert manifest.example is not None
    other = Example(manifest.example.rows, tuple(answer + 1 for answer in manifest.example.predictions))
    (tmp_path / "manifest.json").write_text(manifest._replace(example=other).to_json())
    with pytest.raises(IncompatibleModel, match=r"answers its own example with .*; when it was packed it was"):
        load(open_directory(tmp_path))
