"""The OpenAPI document is valid, says what is answered, and holds against all that schemathesis thinks of."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import page_models
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from openapi_spec_validator import OpenAPIV31SpecValidator

JSON = "application/json"
OUTPUTS = ("predicted_label", "probability", "probabilities", "labels")
MODELS: dict[str, tuple[Any, dict[str, Any]]] = {
    "named regression": (page_models.named, {}),
    "unnamed regression": (page_models.unnamed, {}),
    "several outputs": (page_models.several_outputs, {}),
    "classifier": (page_models.wine, {}),
    **{f"classifier's {output}": (page_models.wine, {"inference_output": (output,)}) for output in OUTPUTS},
    "classifier's every output": (page_models.wine, {"inference_output": OUTPUTS}),
    "missing values": (page_models.missing, {}),
    "filled in and scaled": (page_models.scaled, {}),
    "texts and truth values": (page_models.mixed, {}),
    "no forest": (page_models.linear, {}),
    "names that are markup": (page_models.hostile, {}),
    "script": (page_models.named, {"script": "model_fn"}),
    "script that predicts": (page_models.named, {"script": "predict_fn"}),
    "script that does all": (page_models.named, {"script": "transform_fn"}),
    "script that takes anything": (page_models.named, {"script": "takes_anything"}),
}
THROWN_AT = [name for name in MODELS if name not in ("several outputs", *(f"classifier's {one}" for one in OUTPUTS))]


@pytest.fixture(scope="module")
def applications(tmp_path_factory):
    """Each model's application, made once."""
    made: dict[str, Any] = {}

    def application(name: str) -> Any:
        if name not in made:
            model, changes = MODELS[name]
            made[name] = page_models.application(tmp_path_factory.mktemp("model"), model, **changes)
        return made[name]

    return application


@pytest.mark.parametrize("name", MODELS)
def test_it_is_valid_and_its_example_is_answered(applications, name):
    client = applications(name).test_client()
    document = client.get("/openapi.json").json
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"] == "3.1.0"
    content = document["paths"]["/invocations"]["post"]["requestBody"]["content"]
    if "example" in content[JSON]:
        assert client.post("/invocations", json=content[JSON]["example"]).status_code == 200
    assert ("/path" in document["paths"]) == (client.post("/path", json=[]).status_code != 404)


@pytest.mark.parametrize("name", THROWN_AT)
def test_schemathesis_finds_no_undocumented_answer(applications, tmp_path, name):
    """Every check it has but one: text/csv's schema is any text, and not every text is rows."""
    excluded = ["positive_data_acceptance"]
    if "script that" in name:  # what it raises on nonsense is its author's, and 500 is documented
        excluded.append("not_a_server_error")
    with page_models.running(applications(name)) as url:
        done = subprocess.run(
            [
                *(Path(sys.executable).parent / "schemathesis", "run", f"{url}openapi.json", "--mode", "all"),
                *("--seed", "1", "--max-examples", "10", "--exclude-checks", ",".join(excluded), "--no-color"),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-6000:]
    assert "Tested: " in done.stdout


@pytest.mark.parametrize("name", ["named regression", "unnamed regression", "classifier", "missing values"])
def test_json_that_the_schema_allows_is_answered(applications, name):
    document = applications(name).test_client().get("/openapi.json").json
    content = document["paths"]["/invocations"]["post"]["requestBody"]["content"]
    for media_type in set(content) - {JSON}:
        del content[media_type]
    described = schemathesis.openapi.from_dict(document)
    described.app = applications(name)

    @settings(max_examples=60, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(described["/invocations"]["POST"].as_strategy())
    def ask(case):
        assert case.call().status_code == 200

    ask()
