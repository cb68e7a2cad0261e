"""Two that do the same at the same time do it once."""

from pathlib import Path

from tests.cli.front_door import Elsewhere
from tests.cli.mortals import Mortals
from tests.journeys.state import what_is_known
from tracker import samples

COMPANY = Path(str(samples.company()))


def test_two_that_ingest_and_import_the_same_at_once_do_it_once(
    elsewhere: Elsewhere, mortals: Mortals
) -> None:
    for words in (
        ["ingest", COMPANY / "postmortems"],
        ["catalog", "import", *sorted((COMPANY / "catalog").glob("*.jsonl"))],
    ):
        command = ["--database", elsewhere.database_url, *words]
        ends = mortals.at_once(command, command)
        assert [end.code for end in ends] == [0, 0], ends
        known = what_is_known(str(elsewhere.database_url))
        elsewhere(*words).done()
        assert what_is_known(str(elsewhere.database_url)) == known
    assert len(known["postmortem"]) == len(known["postmortem_revision"]) == 4
    assert len(known["catalog_snapshot"]) == len(known["source"]) - 1 == 4
    for name in ("action_item", "learning", "audit_entry", "catalog_relation", "catalog_fact"):
        assert len(known[name]) == len(set(known[name])), name
