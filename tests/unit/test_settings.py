"""Every variable, its allowed values and what a bad one is told."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from container.errors import SettingsError
from container.settings import VARIABLES, Settings


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = Settings.from_environment({})
    assert settings == Settings()
    assert (settings.port, settings.workers, settings.timeout, settings.max_payload_mb) == (8080, 1, 60, 6)
    assert settings.model_dir == Path("/opt/ml/model")


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("SAGEMAKER_BASE_DIR", "/data", "base_dir", Path("/data")),
        ("SAGEMAKER_BIND_TO_PORT", "9000", "port", 9000),
        ("SAGEMAKER_BIND_TO_PORT", " 9000 ", "port", 9000),
        ("SAGEMAKER_MODEL_SERVER_WORKERS", "3", "workers", 3),
        ("MODEL_SERVER_WORKERS", "3", "workers", 3),
        ("SAGEMAKER_MODEL_SERVER_TIMEOUT", "5", "timeout", 5),
        ("MODEL_SERVER_TIMEOUT", "5", "timeout", 5),
        ("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "text/csv", "default_accept", "text/csv"),
        ("SAGEMAKER_MAX_PAYLOAD_IN_MB", "100", "max_payload_mb", 100),
        ("SAGEMAKER_BATCH", "true", "batch", True),
        ("SAGEMAKER_BATCH", "True", "batch", True),
        ("SAGEMAKER_BATCH_STRATEGY", "single_record", "batch_strategy", "SINGLE_RECORD"),
        ("SAGEMAKER_MAX_CONCURRENT_TRANSFORMS", "8", "max_concurrent_transforms", 8),
        ("SAGEMAKER_CONTAINER_LOG_LEVEL", "10", "log_level", logging.DEBUG),
        ("SAGEMAKER_CONTAINER_LOG_LEVEL", "warning", "log_level", logging.WARNING),
        ("SAGEMAKER_INFERENCE_OUTPUT", "predicted_label, probability", "inference_output",
         ("predicted_label", "probability")),
        ("COPPICE_METRICS", "EMF", "metrics", "emf"),
        ("COPPICE_PAGE", "on", "page", True),
    ],
)  # fmt: skip
def test_a_variable_sets_its_field(name: str, text: str, field: str, value: object) -> None:
    assert getattr(Settings.from_environment({name: text}), field) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SAGEMAKER_BIND_TO_PORT", "65536"),
        ("SAGEMAKER_BIND_TO_PORT", "http"),
        ("SAGEMAKER_BIND_TO_PORT", "80.5"),
        ("SAGEMAKER_MODEL_SERVER_WORKERS", "0"),
        ("MODEL_SERVER_TIMEOUT", "-1"),
        ("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "csv"),
        ("SAGEMAKER_MAX_PAYLOAD_IN_MB", "-1"),
        ("SAGEMAKER_BATCH", "perhaps"),
        ("SAGEMAKER_BATCH_STRATEGY", "ALL"),
        ("SAGEMAKER_CONTAINER_LOG_LEVEL", "LOUD"),
        ("SAGEMAKER_CONTAINER_LOG_LEVEL", "1000"),
        ("SAGEMAKER_INFERENCE_OUTPUT", "score"),
        ("SAGEMAKER_INFERENCE_OUTPUT", "labels,labels"),
        ("COPPICE_METRICS", "statsd"),
    ],
)
def test_a_bad_value_is_refused_with_its_name_value_and_what_is_allowed(name: str, text: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment({name: text})
    allowed = next(variable.allowed for variable in VARIABLES.values() if name in variable.names)
    assert refusal.value.message == f"The environment variable {name} is {text!r}; allowed is {allowed}."
    assert not any(word in refusal.value.hint for word in ("True", "False")), "as it is written, not as Python has it"
    assert "default" in refusal.value.hint


def test_sagemakers_name_wins_over_the_samples() -> None:
    both = {"MODEL_SERVER_WORKERS": "2", "SAGEMAKER_MODEL_SERVER_WORKERS": "4"}
    assert Settings.from_environment(both).workers == 4


def test_an_empty_variable_counts_as_unset() -> None:
    assert Settings.from_environment({"SAGEMAKER_BIND_TO_PORT": ""}).port == 8080


def test_a_payload_limit_of_zero_lifts_the_limit() -> None:
    assert Settings(max_payload_mb=0).max_payload_bytes is None
    assert Settings(max_payload_mb=2).max_payload_bytes == 2 * 1024 * 1024


def test_every_field_has_a_variable() -> None:
    assert set(VARIABLES) == set(Settings._fields)
