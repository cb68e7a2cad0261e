"""The page about Jira, rehearsed with the stand-in that it tells its readers to start."""

import re
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from connectors.jira.settings import PREFIX, read_settings
from connectors.jira.stand_in import running
from tests.docs.consoles import rerun
from tracker.core.issue_sync import DecisionKind, Policies
from tracker.settings import read_file

PAGE = Path(__file__).parents[2] / "docs/how-to/jira.md"
TEXT = PAGE.read_text(encoding="utf-8")
SHOWN = "127.0.0.1:28765"


def rehearsed() -> str:
    """Return the page with what its commands print now; wherever the stand-in is, the page tells its own address."""
    with running(lambda: datetime.now(UTC), "OPS") as site, TemporaryDirectory(dir="/tmp") as folder:
        address = site.url.removeprefix("http://")
        return rerun(TEXT.replace(SHOWN, address), Path(folder)).replace(address, SHOWN)


def test_the_commands_of_the_page_print_what_the_page_says() -> None:
    assert rehearsed() == TEXT, (
        "what a command prints has changed; look at it, then run `python -m tests.docs.test_jira`"
    )


def test_the_page_tells_what_every_kind_of_decision_asks_of_its_reader() -> None:
    told = {
        kind
        for row in re.findall(r"^\| (`.+?) \|", TEXT, re.MULTILINE)
        for kind in re.findall(r"`(\w+)`", row)
    }
    assert told >= set(DecisionKind)


def test_the_page_tells_who_wins_every_field() -> None:
    wins = {"ours": "ours ", "theirs": "theirs wins", "ask": "a person is asked"}
    for name in Policies.__slots__:
        [row] = [line for line in TEXT.splitlines() if f"`ELSEWHERE_SYNC__{name.upper()}`" in line]
        assert wins[getattr(Policies(), name)] in row


def test_the_settings_file_of_the_page_is_one(tmp_path: Path) -> None:
    (shown,) = re.findall(r"^```toml\n(.+?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    (tmp_path / "token").write_text("stand-in-token", encoding="utf-8")
    file = tmp_path / "elsewhere.toml"
    file.write_text(shown.replace("/run/secrets/jira-token", str(tmp_path / "token")), encoding="utf-8")
    _, told = read_file(file, {"jira"})
    jira = read_settings({name.removeprefix(PREFIX): value for name, value in told.items()})
    assert (jira.project, jira.priorities["P1"]) == ("OPS", "High")


if __name__ == "__main__":
    PAGE.write_text(rehearsed(), encoding="utf-8")
