"""How a night is worded."""

import pytest

from tracker.core.nightly import Step
from tracker.reports.nightly import in_words


@pytest.mark.parametrize(
    ("step", "counts", "words"),
    [
        (Step.SOURCES, {"documents": 1, "documents_template": 1}, "1 document, 1 template"),
        (Step.SOURCES, {"documents": 2, "documents_not_a_postmortem": 2}, "2 documents, 2 not a postmortem"),
        (Step.CATALOG, {"catalogs": 1, "entities_gone": 1}, "1 catalog, 1 entity gone"),
        (Step.EXPOSURES, {"lessons": 1, "exposed": 3, "unknown": 0}, "1 lesson, 3 exposed"),
        (Step.SYNC, {"items": 0, "waiting": 0}, "0 items"),
        (Step.SYNC, {"items": 3, "create": 2, "pull": 1}, "3 items, 2 created, 1 pulled"),
        (Step.SYNC, {}, ""),
    ],
)
def test_what_a_step_did_is_said_in_words(step: Step, counts: dict[str, int], words: str) -> None:
    assert in_words(step, counts) == words


def test_a_remark_comes_last() -> None:
    assert in_words(Step.SYNC, {}, "no issue tracker is configured") == "no issue tracker is configured"
    assert in_words(Step.SOURCES, {"documents": 2}, "the deadline has come") == (
        "2 documents, the deadline has come"
    )
