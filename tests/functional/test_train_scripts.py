"""`train` with a script of the user's: found, told what it needs, listened to, packed afterwards, checked for skew."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from script_job import SCRIPTS, ScriptJob, named

from container.artifact import archive


@pytest.fixture
def job(tmp_path: Path) -> ScriptJob:
    return ScriptJob(tmp_path / "ml")


def test_the_seeds_script_trains_serves_and_is_found_out(job, capfd):
    assert job.configure(estimators="5", **named("train.py")).run() == 0
    assert "validation:r2=" in capfd.readouterr().out
    assert "running train.py --estimators 5" in "\n".join(job.log)
    assert (job.manifest.engine, job.manifest.script, job.manifest.format_version) == ("forest", "train.py", 2)
    (warning,) = job.manifest.warnings
    assert "standardized (StandardScaler)" in warning and "make_pipeline" in warning
    assert f"WARNING: {warning}" in job.log
    assert set(json.loads(job.ask('{"Input": [[1000, 3]]}', "application/json"))) == {"Output"}


def test_a_script_that_only_dumps_gets_the_compiled_forest_and_an_example(job):
    assert job.configure(**named("pipeline.py")).run() == 0
    assert (job.manifest.engine, job.manifest.script, job.manifest.warnings) == ("forest", "", ())
    assert [feature.name for feature in job.manifest.features] == ["rooms", "age"]
    assert job.manifest.example and job.manifest.example.rows[0] == (500.0, 0.0)
    assert not (job.base / "model/code").exists()
    assert any(line.startswith("skew check: R² 0.9") or "R² 1.00" in line for line in job.log)
    assert float(job.ask("1000,3\n", "text/csv")) == pytest.approx(3003, rel=0.05)


def test_a_class_beside_the_script_goes_with_the_model(job):
    assert job.configure(**named("own_class.py")).run() == 0
    assert (job.manifest.engine, job.manifest.script) == ("sklearn", "")
    assert "code/helpers/halving.py" in job.manifest.files
    assert (job.base / "model/model.joblib").exists() and not (job.base / "model/model.pkl").exists()
    assert job.ask("1000,3\n", "text/csv") == b"500.0\n"


def test_what_a_script_is_told(job):
    (job.base / "input/data/more-data").mkdir()
    config = {"hosts": ["algo-1"], "current_host": "algo-1", "network_interface_name": "eth7"}
    (job.base / "input/config/resourceconfig.json").write_text(json.dumps(config))
    job.configure(rate="0.5", name='"a b"', deep="true", n="3", sizes="[1, 2]", _tuning_x="1", **named("show.py"))
    assert job.run(TRAINING_JOB_NAME="my-job") == 0
    told, base = job.told(), job.base
    assert told["arguments"] == [
        "show.py", "--deep", "True", "-n", "3", "--name", "a b", "--rate", "0.5", "--sizes", "[1, 2]"
    ]  # fmt: skip
    assert told["folder"] == str(SCRIPTS)
    found = told["variables"]
    assert found["SM_MODEL_DIR"] == f"{base}/model"
    assert found["SM_CHANNEL_TRAIN"] == f"{base}/input/data/train"
    assert found["SM_CHANNEL_MORE-DATA"] == f"{base}/input/data/more-data"
    assert json.loads(found["SM_CHANNELS"]) == ["more-data", "train"]
    hyperparameters = {"rate": 0.5, "name": "a b", "deep": True, "n": 3, "sizes": [1, 2]}
    assert json.loads(found["SM_HPS"]) == hyperparameters
    assert (found["SM_HP_RATE"], found["SM_HP_NAME"], found["SM_HP_DEEP"]) == ("0.5", "a b", "true")
    assert found["SM_OUTPUT_DATA_DIR"] == f"{base}/output/data" and found["SM_OUTPUT_DIR"] == f"{base}/output"
    assert found["SM_INPUT_DIR"] == f"{base}/input" and found["SM_INPUT_CONFIG_DIR"] == f"{base}/input/config"
    assert int(found["SM_NUM_CPUS"]) >= 1 and found["SM_NUM_GPUS"] == "0"
    assert (json.loads(found["SM_HOSTS"]), found["SM_CURRENT_HOST"]) == (["algo-1"], "algo-1")
    assert found["SM_NETWORK_INTERFACE_NAME"] == "eth7" and json.loads(found["SM_RESOURCE_CONFIG"]) == config
    assert found["SM_USER_ENTRY_POINT"] == "show.py" and found["SM_MODULE_NAME"] == "show"
    assert json.loads(found["SM_USER_ARGS"])[:2] == ["--deep", "True"]
    whole = json.loads(found["SM_TRAINING_ENV"])
    assert whole["hyperparameters"] == hyperparameters and whole["channel_input_dirs"]["train"].endswith("data/train")
    assert (whole["job_name"], whole["current_host"]) == ("my-job", "algo-1")


def test_what_a_script_says_is_passed_on(job, capfd):
    assert job.configure(**named("show.py")).run() == 0
    said = capfd.readouterr()
    assert ("to stdout\n" in said.out, "to stderr\n" in said.err) == (True, True)
    assert any("no single .joblib or .pkl file" in line and "(is empty)" in line for line in job.log)


@pytest.mark.parametrize("form", ["environment", "archive", "channel", "channel with an archive", "module", "package"])
def test_ways_to_name_a_script(job, form, tmp_path):
    code = job.base / "input/data/code"
    environment = {}
    if form == "environment":
        environment = {"SAGEMAKER_PROGRAM": "show.py", "SAGEMAKER_SUBMIT_DIRECTORY": str(SCRIPTS)}
    elif form == "archive":
        archive.write(SCRIPTS, ["show.py"], tmp_path / "sourcedir.tar.gz")
        job.configure(**named("show.py", tmp_path / "sourcedir.tar.gz"))
    elif form == "module":
        job.configure(**named("show"))
    elif form == "package":
        package = tmp_path / "pkg"
        package.mkdir()
        (package / "show.py").write_text("from .paths import *\n" + (SCRIPTS / "show.py").read_text())
        (package / "paths.py").write_text("")
        job.configure(**named("pkg.show", tmp_path))
    else:
        code.mkdir()
        if form == "channel":
            (code / "show.py").write_text((SCRIPTS / "show.py").read_text())
        else:
            archive.write(SCRIPTS, ["show.py"], code / "sourcedir.tar.gz")
        job.configure(sagemaker_program="show.py")
    assert job.run(**environment) == 0, job.log
    assert Path(job.told()["arguments"][0]).name == "show.py"


@pytest.mark.parametrize(
    ("program", "where", "words"),
    [
        ("nowhere.py", SCRIPTS, ("no nowhere.py", "show.py", "SAGEMAKER_PROGRAM")),
        ("train.py", "/no/such/folder", ("/no/such/folder", "there is nothing")),
        ("train.sh", SCRIPTS, ("no train.sh",)),
        ("train.py", "s3://bucket/sourcedir.tar.gz", ("s3://bucket/sourcedir.tar.gz",)),
    ],
)
def test_a_script_that_is_not_there(job, program, where, words):
    assert job.configure(**named(program, where)).run(AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_MAX_ATTEMPTS="1") == 1
    for word in words:
        assert word in job.failure


def test_a_script_named_without_a_place(job):
    assert job.configure(sagemaker_program="train.py").run() == 1
    assert "a channel named code" in job.failure


def test_a_failure_is_the_scripts_exception_and_its_line(job, capfd):
    job.script("def deep():\n    return {}['price']\n\n\ndeep()\n")
    assert job.run() == 1
    assert job.failure.startswith("train.py failed with exit code 1: KeyError: 'price' (train.py, line 2)")
    assert "Traceback" not in job.failure and "Traceback" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import sys; sys.exit('no data for me')", "exit code 1: no data for me"),
        ("import sys; sys.exit(7)", "exit code 7"),
        ("import lightgbm_of_nowhere.x", "imports 'lightgbm_of_nowhere'"),
        ("import os; os.environ['SM_CHANNEL_TEST']", "KeyError: 'SM_CHANNEL_TEST' (train.py, line 1)"),
        ("import sys; print('no rows for me'); sys.exit(1)", "exit code 1: no rows for me"),
        (
            "import os, sys, warnings; warnings.warn('odd')\n"
            "open(os.environ['SM_OUTPUT_DIR'] + '/failure', 'w').write('no labels for me'); sys.exit(1)",
            "exit code 1: no labels for me",
        ),
        ("import sklearn.cross_validation", "'sklearn.cross_validation', which scikit-learn 1."),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            "killed by SIGKILL. It may have outgrown the memory",
        ),
        ("def broken(:", "SyntaxError"),
        ("raise ValueError('x' * 5000)", "ValueError: xxx"),
        ("try:\n    {}[1]\nexcept KeyError as e:\n    raise RuntimeError('second') from e", "RuntimeError: second"),
    ],
)
def test_failures_of_scripts(job, text, words):
    assert job.script(text).run() != 0
    assert words in job.failure and len(job.failure) <= 1024


@pytest.mark.parametrize(("text", "code"), [("exit(7)", 7), ("1/0", 1), ("import os; os.kill(os.getpid(), 9)", 137)])
def test_the_scripts_exit_code_is_the_jobs(job, text, code):
    assert job.script(text).run() == code


def test_a_script_has_all_cores_though_serving_has_one(job):
    single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    job.script("import os; assert not {'OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS'} & set(os.environ)")
    assert job.run(**single) == 0
    job.script("import os; assert os.environ['OMP_NUM_THREADS'] == '3'")
    assert job.run(OMP_NUM_THREADS="3") == 0


def test_a_script_finds_the_environment_of_aws_training_toolkit(job):
    job.script(
        "import sagemaker_containers\n"
        "from sagemaker_training import environment\n"
        "env = environment.Environment()\n"
        "assert env == sagemaker_containers.training_env()\n"
        "print(env.num_cpus + 0, env.hyperparameters['n'] + 0, env.current_host)\n"
        "assert env.channel_input_dirs['train'] == env.input_dir + '/data/train'\n"
    )
    assert job.configure(n="3", **named("train.py", job.base / "code")).run() == 0, job.failure


def test_what_has_no_end_of_line_is_passed_on_as_it_comes(job):
    job.script("import sys, time\nsys.stdout.write('50 %')\nsys.stdout.flush()\ntime.sleep(30)\n")
    environment = {**os.environ, "SAGEMAKER_BASE_DIR": str(job.base), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-P", "-m", "container", "train"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        said = b""
        while b"50 %" not in said:
            part = os.read(process.stdout.fileno(), 1000)
            assert part, said
            said += part
        process.terminate()
        assert process.wait(timeout=30) == 143


def test_a_metric_on_stderr_is_held_against_the_model_too(job):
    job.script(
        "import joblib, os, pandas as pd, sys\n"
        "from sklearn.dummy import DummyRegressor\n"
        "table = pd.read_csv(os.environ['SM_CHANNEL_TRAIN'] + '/train.csv')\n"
        "model = DummyRegressor().fit(table[['rooms', 'age']], table['price'])\n"
        "joblib.dump(model, os.environ['SM_MODEL_DIR'] + '/model.joblib')\n"
        "print('validation:r2=0.93', file=sys.stderr)\n"
    )
    assert job.run() == 0
    assert "the training reported 0.93" in job.manifest.warnings[0]


def test_a_script_that_names_opt_ml_code_finds_it(job, tmp_path):
    source = tmp_path / "elsewhere"
    source.mkdir()
    (source / "train.py").write_text(
        "import os\nassert 'train.py' in os.listdir(os.environ['SM_MODEL_DIR'] + '/../code')\n"
    )
    assert job.configure(**named("train.py", source)).run(CODE=str(job.base / "code")) == 0
    assert not (job.base / "code").exists()


def test_a_model_that_cannot_be_packed_stays_as_it_is(job):
    job.script(
        "import joblib, os\n"
        "class Mine:\n"
        "    def predict(self, rows): return rows\n"
        "joblib.dump(Mine(), os.environ['SM_MODEL_DIR'] + '/model.joblib')\n"
    )
    assert job.run() == 0
    assert [path.name for path in (job.base / "model").iterdir()] == ["model.joblib"]
    assert any("warning: the model is left as the script wrote it" in line and "Mine" in line for line in job.log)


def test_a_folder_that_is_used_again_holds_the_new_model(job):
    assert job.configure(estimators="2", **named("train.py")).run() == 0
    first = job.manifest
    assert job.configure(**named("pipeline.py")).run() == 0
    assert job.manifest.model_id != first.model_id and job.manifest.script == ""
    assert not (job.base / "model/code").exists()
    assert float(job.ask("1000,3\n", "text/csv")) == pytest.approx(3003, rel=0.05)


def test_an_inference_py_beside_a_script_in_a_folder_serves(job):
    code = job.script("").base / "code" / "src"
    code.mkdir()
    (code / "train.py").write_text((SCRIPTS / "pipeline.py").read_text())
    (code / "inference.py").write_text("def output_fn(prediction, accept): return f'{len(prediction)} rows'\n")
    assert job.configure(**named("src/train.py", code.parent)).run() == 0
    assert (job.manifest.engine, job.manifest.script) == ("forest", "src/inference.py")
    assert job.ask("1000,3\n", "text/csv") == b"1 rows"


def test_a_model_in_pieces_is_its_scripts_to_load(job):
    job.script(
        "import os\n"
        "def model_fn(model_dir):\n"
        "    return float(open(model_dir + '/mean.txt').read())\n"
        "def predict_fn(data, model):\n"
        "    return [model] * len(data)\n"
        "if __name__ == '__main__':\n"
        "    open(os.environ['SM_MODEL_DIR'] + '/mean.txt', 'w').write('4.5')\n"
    )
    assert job.run() == 0
    assert (job.manifest.engine, job.manifest.script) == ("script", "train.py")
    assert set(job.manifest.files) == {"mean.txt", "code/train.py"}
    assert job.ask("1,2\n3,4\n", "text/csv") == b"4.5\n4.5\n"


def test_requirements_are_not_installed_and_that_is_said(job):
    job.script("print('trains')")
    (job.base / "code/requirements.txt").write_text("numpy\nlightgbm-of-nowhere==4.0  # trees\n")
    assert job.run() == 0
    assert any("lightgbm-of-nowhere==4.0" in line and "RUN pip install" in line for line in job.log)


def test_sigterm_goes_to_the_script(job, tmp_path):
    job.script(
        "import os, signal, sys, time\n"
        "def stop(*_):\n"
        "    open(os.environ['SM_MODEL_DIR'] + '/saved', 'w').close()\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, stop)\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    environment = {**os.environ, "SAGEMAKER_BASE_DIR": str(job.base)}
    command = [sys.executable, "-P", "-m", "container", "train"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if line == "ready\n":
                break
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert (job.base / "model/saved").exists()


def test_of_several_hosts_each_runs_the_script_and_the_first_packs(job):
    config = {"hosts": ["algo-2", "algo-1"], "current_host": "algo-2"}
    (job.base / "input/config/resourceconfig.json").write_text(json.dumps(config))
    assert job.configure(**named("pipeline.py")).run() == 0
    assert (job.base / "model/model.joblib").exists() and not (job.base / "model/manifest.json").exists()
