"""Every knob of the tracker."""

import getpass
from pathlib import Path

import pytest

from tracker.bootstrap import load_settings
from tracker.core.errors import InvalidInput
from tracker.core.where_else import RankWeights
from tracker.settings import Settings


@pytest.fixture(autouse=True)
def nothing_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DATABASE_URL", "ACTOR", "LOG_LEVEL", "LOG_FORMAT", "RANK"):
        monkeypatch.delenv(f"ELSEWHERE_{name}", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def test_nothing_has_to_be_set(tmp_path: Path) -> None:
    settings = load_settings()
    assert settings.database_url.get_secret_value() == f"sqlite:///{tmp_path}/elsewhere/elsewhere.sqlite"
    assert settings.actor == getpass.getuser()
    assert (settings.log_level, settings.log_format, settings.rank) == ("warning", "text", RankWeights())


def test_a_user_without_a_name_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("uid not found: 4711")

    monkeypatch.setattr(getpass, "getuser", nameless)
    assert load_settings().actor == "unknown"


def test_the_environment_says_otherwise_and_an_override_has_the_last_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ELSEWHERE_ACTOR", "Ada")
    assert load_settings().actor == "Ada"
    assert load_settings(actor="Grace").actor == "Grace"


def test_one_weight_is_set_without_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELSEWHERE_RANK__LIKENESS", "7")
    assert load_settings().rank == RankWeights(likeness=7)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ACTOR", "", "at least 1 character"),
        ("LOG_LEVEL", "s3cret", "pattern"),
        ("RANK__AGE", "s3cret", "number"),
        ("RANK__AGE", "inf", "finite number"),
        ("RANK", "s3cret", "set its parts instead, as NAME__PART"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_setting_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(f"ELSEWHERE_{name}", value)
    with pytest.raises(InvalidInput) as refused:
        load_settings()
    assert str(refused.value).startswith(f"ELSEWHERE_{name}: ")
    assert words in str(refused.value)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("SYNC__DEU", "; did you mean ELSEWHERE_SYNC__DUE?"),
        ("DATABSE_URL", "; did you mean ELSEWHERE_DATABASE_URL?"),
        ("DATABASE_URL_FIEL", "; did you mean ELSEWHERE_DATABASE_URL_FILE?"),
        ("NIGHTLY__DEDLINE", "; did you mean ELSEWHERE_NIGHTLY__DEADLINE?"),
        ("JRIA_TOKEN", "; did you mean ELSEWHERE_JIRA_TOKEN?"),
        ("PORT", ""),
        ("QQQ", ""),
    ],
)
def test_a_variable_that_nobody_reads_is_refused_and_the_nearest_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, words: str
) -> None:
    monkeypatch.setenv(f"ELSEWHERE_{name}", "s3cret")
    with pytest.raises(InvalidInput) as refused:
        load_settings()
    assert str(refused.value).startswith(f"ELSEWHERE_{name}: there is no such setting{words}")
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JIRA_ANYTHING", "which the connector itself judges"),
        ("SHARED", "/srv/input"),
        ("RANK", '{"tier": 2}'),
        ("SERVICE_HOST", "10.0.0.7"),
        ("SERVICE_PORT_HTTP", "8080"),
        ("PORT", "tcp://10.0.0.7:8080"),
        ("PORT_8080_TCP_ADDR", "10.0.0.7"),
        ("API_PORT_8080_TCP", "tcp://10.0.0.7:8080"),
    ],
)
def test_a_variable_that_somebody_reads_or_that_kubernetes_sets_is_let_be(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"ELSEWHERE_{name}", value)
    load_settings()


@pytest.mark.parametrize(
    "value", ["/srv/s3cret", '"/srv/s3cret"', '{"location": "/srv/s3cret"}', '["/srv/s3cret"']
)
@pytest.mark.parametrize("name", ["POSTMORTEMS", "CATALOGS"])
def test_a_list_that_is_none_is_shown_how_to_write_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"ELSEWHERE_NIGHTLY__{name}", value)
    with pytest.raises(InvalidInput) as refused:
        load_settings()
    assert str(refused.value) == (f"""ELSEWHERE_NIGHTLY__{name}: is not a JSON list such as '["/srv/x"]'""")


def test_the_password_is_not_in_the_representation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELSEWHERE_DATABASE_URL", "postgresql://ada:s3cret@host/elsewhere")
    assert "s3cret" not in repr(load_settings())


def test_every_setting_says_what_it_is() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
