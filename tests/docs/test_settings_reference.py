"""The page of settings tells every knob, as it is."""

from pathlib import Path

import pytest

from tests.docs.settings_reference import PAGE, renewed
from tests.house_rules.document_rules import Snippet, snippets
from tests.house_rules.tree import checkout
from tracker.bootstrap import load_settings
from tracker.settings import PREFIX, Settings

SAMPLES = [one for one in snippets(checkout()) if one.title.endswith("elsewhere.toml")]


def test_the_page_lists_all_settings_as_they_are() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert renewed(text) == text, "run `python -m tests.docs.settings_reference`"


def test_every_setting_has_a_row() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in Settings.model_fields if f"{PREFIX}{name.upper()}" not in text] == []


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_a_settings_file_that_a_page_shows_is_read(sample: Snippet, tmp_path: Path) -> None:
    (tmp_path / "url").write_text("sqlite:///elsewhere.sqlite")
    file = tmp_path / "elsewhere.toml"
    file.write_text(sample.text.replace("/run/secrets/database-url", str(tmp_path / "url")), encoding="utf-8")
    settings = load_settings(str(file))
    assert settings.nightly.postmortems
    assert any(name.startswith("ELSEWHERE_JIRA_") for name in settings.of_connectors)
