"""Settings from five places: whose value counts, where it came from, and what is refused."""

from __future__ import annotations

import pytest

from deploy.endpoint.options import OPTIONS
from deploy.endpoint.settings import resolve
from deploy.endpoint.spec import Range
from deploy.errors import UsageError


@pytest.fixture
def write(tmp_path):
    def write(text):
        file = tmp_path / "endpoint.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


def refused(*arguments, **named):
    with pytest.raises(UsageError) as caught:
        resolve(*arguments, **named)
    assert "\n" not in caught.value.message
    return caught.value


def test_each_place_yields_to_the_one_above(write):
    file = write(
        "memory = 1024\nname = 'f'\nrole = 'f'\nbucket = 'f'\n[stage.prod]\nname = 's'\nrole = 's'\nbucket = 's'"
    )
    found = resolve({"bucket": "c"}, {"COPPICE_ROLE": "e", "COPPICE_BUCKET": "e"}, file, "prod")
    assert {key: (found.get(key), found.origin(key)) for key in ("memory", "name", "role", "bucket", "image")} == {
        "memory": (1024, f"{file}, memory"),
        "name": ("s", f"{file}, [stage.prod] name"),
        "role": ("e", "COPPICE_ROLE"),
        "bucket": ("c", "--bucket"),
        "image": (None, "the default"),
    }
    assert found.stage == "prod"
    assert found.is_above("bucket", "role")
    assert not found.is_above("memory", "name")


def test_tables_merge_key_by_key_and_lists_are_replaced(write):
    file = write(
        "subnets = ['a', 'b']\n[env]\nA = '1'\nB = '1'\nC = '1'\n"
        "[stage.prod]\nsubnets = ['c']\n[stage.prod.env]\nB = '2'\nC = '2'\n[stage.prod.tags]\nteam = 'x'"
    )
    found = resolve({"env": ["C=3=4", "D="]}, {}, file, "prod")
    assert found.get("env") == {"A": "1", "B": "2", "C": "3=4", "D": ""}
    assert found.get("subnets") == ("c",)
    assert found.get("tags") == {"team": "x"}
    assert resolve({"subnets": ["d", "e"]}, {}, file, "prod").get("subnets") == ("d", "e")


def test_the_file_is_looked_for_here(write, tmp_path, monkeypatch):
    write("name = 'here'\nmodel = 'm.tar.gz'")
    monkeypatch.chdir(tmp_path)
    found = resolve({}, {}, None)
    assert (found.get("name"), found.get("model")) == ("here", "m.tar.gz")


def test_without_a_file_a_stage_is_a_label(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert resolve({"name": "x"}, {}, None, "prod").stage == "prod"


def test_the_stage_may_come_from_the_environment(write):
    file = write("memory = 1024\n[stage.a]\nmemory = 2048\n[stage.b]\nmemory = 3072")
    assert resolve({}, {"COPPICE_STAGE": "a"}, file).get("memory") == 2048
    assert resolve({}, {"COPPICE_STAGE": "a"}, file, "b").get("memory") == 3072
    assert resolve({}, {"COPPICE_STAGE": ""}, file).get("memory") == 1024


def test_a_path_in_the_file_starts_at_the_file_and_a_typed_one_here(write, tmp_path):
    assert resolve({}, {}, write("model = 'a/m.tar.gz'")).get("model") == str(tmp_path / "a/m.tar.gz")
    assert resolve({}, {}, write("[stage.s]\nmodel = 'm'"), "s").get("model") == str(tmp_path / "m")
    assert resolve({}, {}, write("model = '/m.tar.gz'")).get("model") == "/m.tar.gz"
    assert resolve({}, {}, write("model = 's3://b/m.tar.gz'")).get("model") == "s3://b/m.tar.gz"
    assert resolve({"model": "m"}, {}, write("")).get("model") == "m"
    assert resolve({}, {"COPPICE_MODEL": "m"}, write("")).get("model") == "m"


def test_underscores_do_as_well(write):
    file = write("max_concurrency = 7\nsecurity_groups = ['sg-1']\n[env]\nA_B = '1'")
    found = resolve({}, {"COPPICE_SCALE_AT": "0.5"}, file)
    assert (found.get("max-concurrency"), found.get("security-groups")) == (7, ("sg-1",))
    assert (found.get("env"), found.get("scale-at")) == ({"A_B": "1"}, 0.5)
    assert "is there twice" in refused({}, {}, write("max_concurrency = 7\nmax-concurrency = 8")).message


def test_variables_that_are_no_settings_are_the_containers():
    others = {"COPPICE_METRICS": "true", "COPPICE_ENV": "A=1", "COPPICE_NAME": "", "NAME": "x"}
    found = resolve({}, others, None)
    assert [found.get(key) for key in OPTIONS] == [None] * len(OPTIONS)


@pytest.mark.parametrize(
    ("key", "raw", "value"),
    [
        ("memory", "2048", 2048),
        ("memory", 2048, 2048),
        ("memory", "2GB", 2048),
        ("memory", " 3 gib ", 3072),
        ("memory", "1024 MB", 1024),
        ("max-concurrency", "5", 5),
        ("max-concurrency", "-1", -1),  # a limit's matter
        ("provisioned", 2, Range(2, 2)),
        ("instances", "1..4", Range(1, 4)),
        ("instances", "4..1", Range(4, 1)),  # a limit's matter
        ("scale-at", "70", 70.0),
        ("scale-at", 0.7, 0.7),
        ("name", " x ", "x"),
        ("subnets", "a", ("a",)),
        ("env", {"A": 1, "B": True, "C": 0.5, "D": ""}, {"A": "1", "B": "true", "C": "0.5", "D": ""}),
        ("env", ["A = b "], {"A": " b "}),
    ],
)
def test_values_are_read(key, raw, value):
    assert resolve({key: raw}, {}, None).get(key) == value


@pytest.mark.parametrize(
    ("line", "takes"),
    [
        ("memory = true", "a size in MB"),
        ("memory = 2048.0", "a size in MB"),
        ("memory = [2048]", "a size in MB"),
        ("memory = ''", "a size in MB"),
        ("memory = -1", "a size in MB"),
        ("max-concurrency = true", "a whole number"),
        ("max-concurrency = 5.0", "a whole number"),
        ("max-concurrency = [5]", "a whole number"),
        ("max-concurrency = 'five'", "a whole number"),
        ("max-concurrency = {a = 1}", "a whole number"),
        ("provisioned = [1, 4]", "a number or MIN..MAX"),
        ("provisioned = '1-4'", "a number or MIN..MAX"),
        ("provisioned = false", "a number or MIN..MAX"),
        ("instances = 1.5", "a number or MIN..MAX"),
        ("scale-at = 0", "a number above 0"),
        ("scale-at = true", "a number above 0"),
        ("scale-at = nan", "a number above 0"),
        ("scale-at = inf", "a number above 0"),
        ("scale-at = [0.5]", "a number above 0"),
        ("name = ''", "a text"),
        ("name = ' '", "a text"),
        ("name = 5", "a text"),
        ("name = ['a']", "a text"),
        ("model = ['a']", "a text"),
        ("role = true", "a text"),
        ("image = 2024-01-01", "a text"),
        ("subnets = [1]", "a text"),
        ("subnets = ['']", "a text"),
        ("subnets = true", "a text"),
        ("env = 'A'", "KEY=VALUE"),
        ("env = 5", "KEY=VALUE"),
        ("env = ['=x']", "KEY=VALUE"),
        ("env = [['A=b']]", "KEY=VALUE"),
        ("env = {A = {b = 1}}", "a table of texts"),
        ("tags = {A = [1]}", "a table of texts"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_with_its_place(write, line, takes):
    for text, stage, place in ((line, None, ""), (f"[stage.prod]\n{line}", "prod", "[stage.prod] ")):
        file = write(text)
        key = line.partition(" ")[0]
        assert refused({}, {}, file, stage).message.startswith(f"{file}, {place}{key} takes {takes}")


@pytest.mark.parametrize(
    ("flags", "variables", "message"),
    [
        ({"memory": "lots"}, {}, "--memory takes a size in MB, as 2048 or 2GB; this is 'lots'."),
        ({"name": ""}, {}, "--name takes a text; this is ''."),
        ({"tags": ["team"]}, {}, "--tag takes KEY=VALUE; this is 'team'."),
        ({}, {"COPPICE_MAX_CONCURRENCY": "a\nb"}, "COPPICE_MAX_CONCURRENCY takes a whole number; this is 'a\\nb'."),
    ],
)
def test_flags_and_variables_are_named_in_complaints(flags, variables, message):
    assert refused(flags, variables, None).message == message


@pytest.mark.parametrize(
    ("text", "stage", "message", "hint"),
    [
        ("memmory = 1", None, "'memmory' is no setting.", "Did you mean 'memory'?"),
        ("max_concurency = 1", None, "'max_concurency' is no setting.", "Did you mean 'max-concurrency'?"),
        ("tag = {}", None, "'tag' is no setting.", "Did you mean 'tags'?"),
        ("[stages.prod]", None, "'stages' is no setting.", "Did you mean 'stage'?"),
        ("zzz = 1", None, "'zzz' is no setting.", "It has name, model,"),
        ("[stage.prod]\nimag = 1", "prod", "[stage.prod] 'imag' is no setting.", "Did you mean 'image'?"),
        ("[stage.prod]\nimag = 1", None, "[stage.prod] 'imag' is no setting.", "Did you mean 'image'?"),
        ("[stage.prod]\n[stage.dev]", "prd", "has no stage 'prd'.", "Did you mean 'prod'?"),
        ("[stage.prod]\n[stage.dev]", "zzz", "has no stage 'zzz'.", "It has prod, dev."),
        ("name = 'x'", "prod", "has no stage 'prod'.", "It has none."),
        ("", "prod", "has no stage 'prod'.", "It has none."),
        ("stage = 'prod'", None, "a stage is a table, as in [stage.prod].", ""),
        ("[stage]\nmemory = 1024", "dev", "a stage is a table, as in [stage.dev].", ""),
        ("name = ", None, "is not TOML: Invalid value (at ", ""),
        ("name = 'x'\nname = 'y'", None, "is not TOML: Cannot overwrite a value", ""),
    ],
)
def test_a_file_that_says_what_cannot_be(write, text, stage, message, hint):
    error = refused({}, {}, write(text), stage)
    assert message in error.message
    assert hint in error.hint
    assert error.message.startswith(str(write(text)))


def test_a_file_that_cannot_be_read(tmp_path):
    assert refused({}, {}, tmp_path / "gone.toml").message == f"There is no {tmp_path / 'gone.toml'}."
    assert refused({}, {}, tmp_path).message == f"{tmp_path} can't be read: Is a directory."
    (tmp_path / "latin.toml").write_bytes("name = 'Bäume'".encode("latin-1"))
    assert "is not TOML" in refused({}, {}, tmp_path / "latin.toml").message


def test_what_is_needed_says_how_to_give_it():
    with pytest.raises(UsageError, match=r"^No image was given\.$") as caught:
        resolve({}, {}, None).need("image", "Name one")
    assert caught.value.hint == "Name one (--image, COPPICE_IMAGE, or image in endpoint.toml)"
    assert resolve({"image": "v1"}, {}, None).need("image", "") == "v1"


def test_every_option_has_a_flag_of_deploy():
    import typer.main

    from deploy.cli import main

    command = typer.main.get_command(main.app).commands["deploy"]
    flags = {flag for parameter in command.params for flag in parameter.opts}
    assert {option.flag for option in OPTIONS.values()} <= flags
