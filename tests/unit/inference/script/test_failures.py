from __future__ import annotations

from pathlib import Path

import pytest
import sklearn
from werkzeug.exceptions import Conflict

import container
from container.errors import MissingLibrary, ScriptError
from container.inference.script import failures
from container.inference.script.stand_ins import BaseInferenceToolkitError, UnsupportedFormatError


def raised(error: BaseException, file: str = "/code/inference.py") -> BaseException:
    """The error as it comes out of a line of `file`."""
    try:
        exec(compile("raise error", file, "exec"), {"error": error})
    except BaseException as caught:  # noqa: BLE001 - any of them is what is asked about
        return caught
    raise AssertionError


@pytest.mark.parametrize(
    ("hook", "error", "status"),
    [
        ("input_fn", ValueError("no"), 400),
        ("predict_fn", ValueError("no"), 500),
        ("input_fn", KeyError("Input"), 500),
        ("input_fn", UnsupportedFormatError("image/png"), 415),
        ("output_fn", UnsupportedFormatError("image/png"), 406),
        ("predict_fn", BaseInferenceToolkitError(429, "slow down", "Too Many"), 429),
        ("predict_fn", Conflict("no"), 409),
        ("predict_fn", SystemExit(0), 500),
        ("predict_fn", GeneratorExit(), 500),
        ("predict_fn", BaseException("odd"), 500),
    ],
)
def test_statuses(hook, error, status):
    assert failures.in_request(hook, raised(error), Path("/code")).status == status
    assert issubclass(type(error), failures.RAISED)


def test_the_toolkits_error_says_its_message():
    error = BaseInferenceToolkitError(429, "slow down", "Too Many")
    assert failures.in_request("input_fn", raised(error), Path("/code")).message == "slow down"


def test_a_trace_has_the_users_lines_alone(tmp_path):
    file = tmp_path / "inference.py"
    file.write_text(
        "import json\ndef ask():\n    try:\n        json.loads('x')\n    except ValueError:\n        {}['k']\n"
    )
    names: dict[str, object] = {}
    exec(compile(file.read_text(), str(file), "exec"), names)
    try:
        names["ask"]()  # type: ignore[operator]
    except KeyError as error:
        trace = failures.trimmed(error, tmp_path)
    assert "line 4, in ask" in trace and "line 6, in ask" in trace and "KeyError: 'k'" in trace
    assert "decoder.py" not in trace and "test_failures" not in trace


def test_sys_exit_at_start_is_the_scripts_failure_but_sigterm_is_not():
    error = raised(SystemExit(0))
    assert not failures.is_the_servers(error)
    refusal = failures.at_start("importing inference.py", error, Path("/code"))
    assert isinstance(refusal, ScriptError) and "sys.exit(0) (inference.py, line 1)." in refusal.message
    handler = str(Path(container.__file__).parent / "server" / "launch.py")
    assert failures.is_the_servers(raised(SystemExit(0), handler))
    assert failures.is_the_servers(raised(KeyboardInterrupt()))


def test_a_relative_import_says_what_to_write():
    error = ImportError("attempted relative import with no known parent package")
    assert "write `import helper`" in failures.at_start("importing inference.py", raised(error), Path("/code")).hint


@pytest.mark.parametrize(
    ("module", "words", "to_do"),
    [
        ("lightgbm_of_nowhere.x", "isn't installed here", "RUN pip install lightgbm_of_nowhere"),
        ("cv2", "isn't installed here", "RUN pip install opencv-python-headless"),
        (
            "sklearn.cross_validation",
            f"which scikit-learn {sklearn.__version__} doesn't have",
            "as that version wants it",
        ),
    ],
)
def test_a_module_that_is_not_there(module, words, to_do):
    error = ModuleNotFoundError(f"No module named {module!r}", name=module)
    refusal = failures.at_start("importing inference.py", raised(error), Path("/code"))
    assert isinstance(refusal, MissingLibrary) and f"inference.py, line 1, imports {module!r}" in refusal.message
    assert words in refusal.message and to_do in refusal.hint


def test_a_name_that_a_library_no_longer_has():
    error = ImportError("cannot import name 'Imputer' from 'sklearn.preprocessing'", name="sklearn.preprocessing")
    assert f"Here is scikit-learn {sklearn.__version__}" in failures.at_start("it", raised(error), Path("/code")).hint
