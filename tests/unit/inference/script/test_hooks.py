from __future__ import annotations

import functools
from types import ModuleType

import pytest

from container.errors import ScriptError
from container.inference.script.hooks import resolve

CONTEXT = object()


def module(code: str) -> ModuleType:
    made = ModuleType("inference")
    made.__file__ = "inference.py"
    exec(code, vars(made))  # what a script is
    return made


def called_with(signature: str) -> tuple[list[object], dict[str, object]]:
    """The positional and named values that a predict_fn of this signature gets."""
    code = f"def predict_fn{signature}:\n    return locals()"
    predict = resolve(module(code)).predict_fn
    assert predict is not None
    return predict("data", "model", CONTEXT)


@pytest.mark.parametrize(
    "signature",
    ["(d, m, context)", "(d, m, context=None)", "(d, m, *, context)", "(d, m, ctx=None)", "(d, m, _context=None)",
     "(d, m, request_context=None)", "(d, m, anything)", "(d, m=None, context=None)", "(d, m, context, own=3)",
     "(d, m, *, ctx=None, **more)", "(*all, context=None)", "(d, m, /, context)"],
)  # fmt: skip
def test_a_context_is_given_to_who_asks(signature):
    assert CONTEXT in called_with(signature).values()


@pytest.mark.parametrize(
    "signature", ["(d, m)", "(d, m, own=3)", "(d, m, *more)", "(d, m, **more)", "(*all)", "(*all, **more)", "(d, m=1)"]
)
def test_a_context_is_given_to_nobody_else(signature):
    found = called_with(signature)
    assert CONTEXT not in [*found.values(), *found.get("all", ()), *found.get("more", ())]


@pytest.mark.parametrize("signature", ["()", "(d)", "(d, m, context, more)", "(d, m, *, own)"])
def test_other_arguments_stop_the_start(signature):
    with pytest.raises(ScriptError) as refusal:
        resolve(module(f"def predict_fn{signature}: pass"))
    asked = signature.strip("()").replace("*, ", "") or "nothing"
    assert f"takes ({asked}); it is called with (data, model)" in refusal.value.message
    assert "line 1" in refusal.value.message


@pytest.mark.parametrize(
    "code",
    ["async def predict_fn(d, m): pass", "def predict_fn(d, m): yield", "async def predict_fn(d, m): yield",
     "class P:\n    async def __call__(self, d, m): pass\npredict_fn = P()",
     "class P:\n    def __call__(self, d, m): yield\npredict_fn = P()",
     "import functools\nasync def f(a, d, m): pass\npredict_fn = functools.partial(f, 1)"],
)  # fmt: skip
def test_what_would_never_be_computed_stops_the_start(code):
    with pytest.raises(ScriptError, match="coroutine or a generator"):
        resolve(module(code))


@pytest.mark.parametrize(
    "code",
    ["predict_fn = lambda d, m: d", "class P:\n    def __call__(self, d, m): return d\npredict_fn = P()",
     "class P:\n    def ask(self, d, m): return d\npredict_fn = P().ask",
     "import functools\ndef f(own, d, m): return d\npredict_fn = functools.partial(f, 1)",
     "def keep(f):\n    return lambda *given, **named: f(*given, **named)\n@keep\ndef predict_fn(d, m): return d"],
)  # fmt: skip
def test_anything_that_can_be_called_is_a_hook(code):
    predict = resolve(module(code)).predict_fn
    assert predict is not None and predict("data", "model", CONTEXT) == "data"


def test_a_builtin_that_does_not_tell_its_arguments_is_called_without_a_context():
    made = module("")
    made.output_fn = max  # type: ignore[attr-defined]
    hook = resolve(made).output_fn
    assert hook is not None and hook(1, 2, CONTEXT) == 2


def test_a_wrapped_function_is_asked_itself():
    def deco(hook):
        @functools.wraps(hook)
        def wrapper(*given):
            return hook(*given)

        return wrapper

    made = module("")
    made.predict_fn = deco(lambda d, m, context: context)  # type: ignore[attr-defined]
    hook = resolve(made).predict_fn
    assert hook is not None and hook(1, 2, CONTEXT) is CONTEXT


def test_none_is_no_hook_and_a_number_is_a_mistake():
    assert resolve(module("predict_fn = None\ndef input_fn(b, c): pass")).names == ("input_fn",)
    with pytest.raises(ScriptError, match="predict_fn in inference\\.py is int, not a function"):
        resolve(module("predict_fn = 3"))
