"""How hooks are called is settled at start, from their signatures."""

from __future__ import annotations

from functools import partial
from types import ModuleType
from typing import Any

import pytest

from container.errors import ScriptError
from container.inference.script.hooks import ARGUMENTS, resolve


def module(**hooks: Any) -> ModuleType:
    made = ModuleType("inference")
    made.__file__ = "/x/inference.py"
    vars(made).update(hooks)
    return made


class Callable:
    def __call__(self, data, model):
        return ("object", data, model)


@pytest.mark.parametrize(
    ("hook", "answer"),
    [
        (lambda data, model: (data, model), (1, 2)),
        (lambda data, model, context: (data, model, context), (1, 2, "c")),
        (lambda data, model, context=None: (data, model, context), (1, 2, "c")),
        (lambda data, model, ctx: (data, model, ctx), (1, 2, "c")),
        (lambda data, model, *, context: (data, model, context), (1, 2, "c")),
        (lambda data, model, *, context=None: (data, model, context), (1, 2, "c")),
        (lambda data, model, threshold=0.5: (data, model, threshold), (1, 2, 0.5)),
        (lambda data, model, **more: (data, model, more), (1, 2, {})),
        (lambda *values: values, (1, 2)),
        (lambda data, *others: (data, others), (1, (2,))),
        (partial(lambda scale, data, model: (scale, data, model), 9), (9, 1, 2)),
        (Callable(), ("object", 1, 2)),
        (divmod, (0, 1)),
        (max, 2),
    ],
)
def test_ways_to_ask_for_arguments_and_context(hook, answer):
    assert resolve(module(predict_fn=hook)).predict_fn(1, 2, "c") == answer


@pytest.mark.parametrize(
    ("name", "hook", "words"),
    [
        ("predict_fn", lambda data: data, r"takes \(data\); it is called with \(data, model\)"),
        ("predict_fn", lambda a, b, c, d: a, r"takes \(a, b, c, d\)"),
        ("output_fn", lambda: None, "takes \\(nothing\\)"),
        ("model_fn", lambda a, *, needed: a, "needed"),
        ("execution_parameters_fn", lambda a, b: a, "called with \\(nothing\\)"),
        ("input_fn", "not a function", "is str, not a function"),
    ],
)
def test_what_cannot_be_called_so_is_refused_with_its_line(name, hook, words):
    with pytest.raises(ScriptError, match=words) as refusal:
        resolve(module(**{name: hook}))
    assert name in refusal.value.message and f"def {name}({', '.join(ARGUMENTS[name])})" in refusal.value.hint


def test_coroutines_and_generators_are_refused():
    async def later(data, model):
        return data

    def slowly(data, model):
        yield data

    for hook in (later, slowly):
        with pytest.raises(ScriptError, match="coroutine or a generator"):
            resolve(module(predict_fn=hook))


def test_transform_fn_beside_its_parts_is_refused():
    with pytest.raises(ScriptError, match="transform_fn and input_fn, output_fn"):
        resolve(module(transform_fn=print, input_fn=print, output_fn=print))


def test_which_hooks_there_are():
    assert resolve(module(model_fn=lambda d: d, other=print, output_fn=None)).names == ("model_fn",)
