"""The settings file: what it says, what is said over it, and how a mistake in it is told."""

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tracker.bootstrap import load_settings, open_application
from tracker.core.errors import InvalidInput
from tracker.core.nightly import CatalogLocation, PostmortemLocation

Write = Callable[[str], str]


@pytest.fixture(autouse=True)
def nothing_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DATABASE_URL", "ACTOR", "LOG_LEVEL", "LOG_FORMAT", "RANK", "SETTINGS", "JIRA_URL"):
        monkeypatch.delenv(f"ELSEWHERE_{name}", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a settings file and returns its name."""

    def write(text: str) -> str:
        (tmp_path / "elsewhere.toml").write_text(text, encoding="utf-8")
        return "elsewhere.toml"

    return write


def refused(file: str) -> str:
    with pytest.raises(InvalidInput) as error:
        load_settings(file)
    assert "s3cret" not in str(error.value)
    return str(error.value)


def test_a_file_sets_the_knobs_of_the_tracker(write: Write) -> None:
    settings = load_settings(
        write('actor = "Nightly"\nlease_seconds = 30\n[rank]\ntier = 3\n[nightly]\ndeadline = "1h30m"\n')
    )
    assert (settings.actor, settings.lease_seconds, settings.rank.tier) == ("Nightly", 30, 3)
    assert settings.nightly.deadline == timedelta(minutes=90)


def test_the_environment_is_stronger_than_the_file_and_an_option_than_both(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write('actor = "file"\nlog_level = "debug"\n')
    monkeypatch.setenv("ELSEWHERE_ACTOR", "environment")
    assert load_settings(file).actor == "environment"
    assert load_settings(file, actor="option").actor == "option"
    assert load_settings(file).log_level == "debug"


def test_parts_of_a_table_come_from_different_places(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELSEWHERE_RANK__TIER", "5")
    rank = load_settings(write("[rank]\ntier = 3\nage = 2\n")).rank
    assert (rank.tier, rank.age) == (5, 2)


def test_the_environment_may_name_the_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELSEWHERE_SETTINGS", write('actor = "file"'))
    assert load_settings().actor == "file"


def test_a_file_that_nobody_named_plays_no_part(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write('actor = "file"')
    monkeypatch.setenv("ELSEWHERE_ACTOR", "Ada")
    assert load_settings().actor == "Ada"


def test_locations_of_the_nightly_run_are_names_or_tables(write: Write) -> None:
    nightly = load_settings(
        write(
            "[nightly]\n"
            'postmortems = ["reviews", {source = "wiki", location = "OPS", confidential = true}]\n'
            'catalogs = [{kind = "backstage", location = "https://x"}, "estate.jsonl"]\n'
        )
    ).nightly
    assert nightly.postmortems == (
        PostmortemLocation("reviews"),
        PostmortemLocation("OPS", source="wiki", confidential=True),
    )
    assert nightly.catalogs == (
        CatalogLocation("https://x", kind="backstage"),
        CatalogLocation("estate.jsonl"),
    )


def test_locations_may_be_said_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELSEWHERE_NIGHTLY__POSTMORTEMS", '["reviews"]')
    assert load_settings().nightly.postmortems == (PostmortemLocation("reviews"),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            'loglevel = "debug"',
            "elsewhere.toml#/loglevel: there is no such setting; did you mean 'log_level'?",
        ),
        ("[rank]\nteir = 2", "elsewhere.toml#/rank/teir: there is no such setting; did you mean 'tier'?"),
        ('[jirra]\nurl = "s3cret"', "elsewhere.toml#/jirra: there is no such setting; did you mean 'jira'?"),
        (
            '[nightly]\npostmortems = ["a", {locaton = "s3cret"}]',
            "elsewhere.toml#/nightly/postmortems/1/locaton: there is no such setting; did you mean 'location'?",
        ),
        ("zzz = 1", "elsewhere.toml#/zzz: there is no such setting"),
        ('log_level = "s3cret"', "elsewhere.toml#/log_level: String should match pattern"),
        ('[rank]\nage = "s3cret"', "elsewhere.toml#/rank/age: Input should be a valid number"),
        ('rank = "s3cret"', "elsewhere.toml#/rank: Input should be"),
        (
            '[nightly]\ndeadline = "s3cret"',
            "elsewhere.toml#/nightly/deadline: is not a length of time",
        ),
        ('[nightly]\npostmortems = "s3cret"', "elsewhere.toml#/nightly/postmortems: is not a JSON list"),
        ("[nightly]\npostmortems = [{}]", "elsewhere.toml#/nightly/postmortems/0/location: Field required"),
        ("[nightly]\ndeadline = 0", "elsewhere.toml#/nightly/deadline: Input should be greater than"),
        ("lease_seconds = 1", "elsewhere.toml#/lease_seconds: Input should be greater than"),
        ("lease_seconds = inf", "elsewhere.toml#/lease_seconds: Input should be"),
        ('jira = "s3cret"', "elsewhere.toml#/jira: is the name of a connector; its settings are a table"),
        ("actor = s3cret", "elsewhere.toml: is not TOML: Invalid value (at line 1, column 9)"),
        (
            'actor = "a"\nactor = "s3cret"',
            "elsewhere.toml: is not TOML: Cannot overwrite a value (at ",
        ),
    ],
)
def test_a_mistake_is_told_by_file_and_key_and_never_by_value(write: Write, text: str, words: str) -> None:
    assert refused(write(text)).startswith(words)


def test_a_value_that_the_environment_got_wrong_is_not_blamed_on_the_file(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELSEWHERE_RANK__AGE", "s3cret")
    assert refused(write("[rank]\ntier = 2")).startswith("ELSEWHERE_RANK__AGE: ")
    monkeypatch.delenv("ELSEWHERE_RANK__AGE")
    monkeypatch.setenv("ELSEWHERE_RANK", '{"age": "s3cret"}')
    assert refused(write("[rank]\ntier = 2")).startswith("ELSEWHERE_RANK#/age: ")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda _: None, "cannot be read (No such file"),
        (Path.mkdir, "cannot be read (Is a directory)"),
        (lambda file: file.write_bytes(b'actor = "\xff"'), "is not text in UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, make: Callable[[Path], object], words: str
) -> None:
    make(tmp_path / "elsewhere.toml")
    assert refused("elsewhere.toml").startswith(f"elsewhere.toml: {words}")


def test_a_connectors_table_is_handed_to_it_as_its_environment(
    write: Write, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    file = write(
        '[jira]\nurl = "https://file"\nproject = "OPS"\ntimeout = 20\nstrict = true\n'
        'declining_resolutions = ["Won\'t Do", "Größe"]\npriorities = {high = "P1"}\nsince = 2026-03-02\n'
    )
    monkeypatch.setenv("ELSEWHERE_JIRA_URL", "https://environment")
    with closing(open_application(load_settings(file, database_url=database_url))) as application:
        assert application.is_configured("jira")
        assert not application.is_configured("files")
        jira = {k: v for k, v in application.environment.items() if k.startswith("ELSEWHERE_JIRA_")}
    assert jira == {
        "ELSEWHERE_JIRA_URL": "https://environment",
        "ELSEWHERE_JIRA_PROJECT": "OPS",
        "ELSEWHERE_JIRA_TIMEOUT": "20",
        "ELSEWHERE_JIRA_STRICT": "true",
        "ELSEWHERE_JIRA_DECLINING_RESOLUTIONS": '["Won\'t Do", "Größe"]',
        "ELSEWHERE_JIRA_PRIORITIES": '{"high": "P1"}',
        "ELSEWHERE_JIRA_SINCE": '"2026-03-02"',
    }


def test_a_connectors_settings_are_not_in_the_representation(write: Write) -> None:
    assert "s3cret" not in repr(load_settings(write('[jira]\ntoken = "s3cret"')))


URL = "postgresql://ada:s3cret@host/elsewhere"


def test_a_secret_may_be_kept_in_a_file_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "url").write_text(f"{URL}\n")
    monkeypatch.setenv("ELSEWHERE_DATABASE_URL_FILE", "url")
    assert load_settings().database_url.get_secret_value() == URL


def test_the_settings_file_may_name_the_file_of_a_secret(tmp_path: Path, write: Write) -> None:
    (tmp_path / "url").write_text(f"{URL}\n")
    assert load_settings(write('database_url_file = "url"')).database_url.get_secret_value() == URL


def test_a_secret_of_the_environment_is_stronger_than_one_of_the_file(
    tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "url").write_text("sqlite:///of-environment")
    monkeypatch.setenv("ELSEWHERE_DATABASE_URL_FILE", "url")
    settings = load_settings(write('database_url = "sqlite:///of-file"'))
    assert settings.database_url.get_secret_value() == "sqlite:///of-environment"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "url cannot be read (No such file"),
        (b"\n", "url is empty"),
        (b"s3cret\xff", "url is not text in UTF-8"),
    ],
)
def test_a_file_without_a_secret_is_refused(
    tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / "url").write_bytes(content)
    assert refused(write('database_url_file = "url"')).startswith(
        f"elsewhere.toml#/database_url_file: {words}"
    )
    monkeypatch.setenv("ELSEWHERE_DATABASE_URL_FILE", "url")
    assert refused(write("")).startswith(f"ELSEWHERE_DATABASE_URL_FILE: {words}")


def test_a_secret_that_is_said_twice_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "keep one of them" in refused(write('database_url = "s3cret"\ndatabase_url_file = "url"'))
    monkeypatch.setenv("ELSEWHERE_DATABASE_URL", "s3cret")
    monkeypatch.setenv("ELSEWHERE_DATABASE_URL_FILE", "url")
    assert "unset one of them" in refused(write(""))
