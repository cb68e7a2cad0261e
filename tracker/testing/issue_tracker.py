"""The contract of an issue tracker."""
# ruff: noqa: S101 - the assertions of a test suite

import math
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from tracker.core.errors import OutcomeUnknown
from tracker.core.issue_text import alike
from tracker.core.issues import Created, Draft, Fields, Issue, IssueField, Phase, Refused, Severity
from tracker.core.ports import IssueTracker

WORDS: Fields = {
    IssueField.SUMMARY: "Set a command timeout in the cart's cache client",
    IssueField.DESCRIPTION: "The client waits for ever.\n\nEvery service that calls the cache is to give up in time.",
    IssueField.DUE: date(2031, 3, 31),
    IssueField.LABELS: frozenset({"resilience", "harbour"}),
}
"""An issue of each kind of field that a tracker takes without knowing our people and priorities."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a tracker's author supplies beside the tracker.

    ``began`` is a time shortly before the test, ``unknown_name`` a well-formed id or key of no issue, ``hopeless`` the
    fields of a draft that the tracker refuses. No transition leads the issue ``stuck`` into the phase ``out_of_reach``.
    While ``losing_answers()`` is open, changes are made and their answers are lost. ``count_issues()`` looks at the
    installation itself.
    """

    began: datetime
    unknown_name: str
    hopeless: Fields
    stuck: str
    out_of_reach: Phase
    losing_answers: Callable[[], AbstractContextManager[object]]
    count_issues: Callable[[], int]


class IssueTrackerContract:
    """What every issue tracker promises.

    Subclass it in the tests of a connector, under a name that begins with ``Test``, and supply two pytest fixtures:

    - ``tracker``: the tracker, connected to an installation where the tests may make issues;
    - ``surroundings``: the `Surroundings` of that installation.
    """

    def test_it_has_a_name(self, tracker: IssueTracker) -> None:
        """Settings, messages and logs call the tracker by it."""
        assert tracker.name.isidentifier()

    def test_its_site_is_an_address_and_nothing_more(self, tracker: IssueTracker) -> None:
        """Ids of issues are stored beside it, letter by letter."""
        site = urlsplit(tracker.site)
        assert site.scheme in {"http", "https"}
        assert site.netloc
        assert tracker.site == f"{site.scheme}://{site.netloc}"

    def test_it_says_how_it_is_to_be_used(self, tracker: IssueTracker) -> None:
        """A sync asks for so many issues at once, and waits so long for the index."""
        assert tracker.creates_at_once >= 1
        assert 0 <= tracker.index_lag < math.inf
        assert tracker.label
        assert not any(letter.isspace() for letter in tracker.label)

    def test_it_knows_who_we_are(self, tracker: IssueTracker) -> None:
        """The same account, whoever asks."""
        assert tracker.identify().strip()
        assert tracker.identify() == tracker.identify()

    def test_good_settings_have_no_faults(self, tracker: IssueTracker) -> None:
        """And each finding says something."""
        findings = list(tracker.diagnose())
        assert findings
        assert [finding for finding in findings if finding.severity is Severity.FAULT] == []
        assert all(finding.subject.strip() and finding.says.strip() for finding in findings)

    def test_an_issue_reads_as_it_was_made(self, tracker: IssueTracker) -> None:
        """In its first phase, with our label beside its own, and its text in the tracker's own spelling."""
        issue = made(tracker, "as-made")
        assert issue.fields[IssueField.SUMMARY] == WORDS[IssueField.SUMMARY]
        assert issue.fields[IssueField.DUE] == WORDS[IssueField.DUE]
        assert issue.fields[IssueField.STATUS] is Phase.TO_DO
        assert labels(issue) == labels(WORDS) | {tracker.label}
        assert alike(str(WORDS[IssueField.DESCRIPTION]), str(issue.fields[IssueField.DESCRIPTION]))
        assert issue.status.strip()

    def test_times_are_in_utc(self, tracker: IssueTracker) -> None:
        """They are stored so."""
        assert made(tracker, "time").updated_at.utcoffset() == timedelta(0)

    def test_each_draft_is_told_what_became_of_it(
        self, tracker: IssueTracker, surroundings: Surroundings
    ) -> None:
        """In their order, and one that is refused stands in nobody's way."""
        drafts = [draft(f"in-order-{number}", f"The work of draft {number}") for number in range(3)]
        drafts[1] = Draft("in-order-1", surroundings.hopeless)
        first, second, third = created(tracker, drafts)
        assert isinstance(second, Refused)
        assert second.problem.strip()
        for outcome, asked in ((first, drafts[0]), (third, drafts[2])):
            assert isinstance(outcome, Created)
            issue = tracker.read([outcome.id])[outcome.id]
            assert (issue.key, issue.marker) == (outcome.key, asked.marker)
            assert issue.fields[IssueField.SUMMARY] == asked.fields[IssueField.SUMMARY]

    def test_an_issue_is_found_by_its_marker(self, tracker: IssueTracker, surroundings: Surroundings) -> None:
        """That is how one is found whose answer was lost."""
        issue = made(tracker, "to-be-found")
        assert found(tracker, "to-be-found", surroundings) == issue

    def test_a_marker_that_nobody_wrote_is_not_found(
        self, tracker: IssueTracker, surroundings: Surroundings
    ) -> None:
        """Another issue is no substitute."""
        made(tracker, "another")
        assert tracker.find_marked({"nobody-wrote-this"}, surroundings.began) == {}

    def test_an_issue_is_read_by_its_id_and_by_its_key(self, tracker: IssueTracker) -> None:
        """Each answers to the name that was asked for."""
        issue = made(tracker, "by-name")
        assert tracker.read([issue.id, issue.key]) == {issue.id: issue, issue.key: issue}

    def test_an_issue_that_does_not_exist_is_absent(
        self, tracker: IssueTracker, surroundings: Surroundings
    ) -> None:
        """And the others are read all the same."""
        issue = made(tracker, "present")
        assert tracker.read([surroundings.unknown_name, issue.id]) == {issue.id: issue}

    def test_nothing_asked_is_nothing_done(self, tracker: IssueTracker, surroundings: Surroundings) -> None:
        """A sync with nothing to do calls with nothing."""
        before = surroundings.count_issues()
        assert dict(tracker.read([])) == {}
        assert dict(tracker.find_marked([], surroundings.began)) == {}
        assert list(tracker.create([])) == []
        assert surroundings.count_issues() == before

    def test_changed_fields_are_read_back_and_the_others_stay(self, tracker: IssueTracker) -> None:
        """An update says what it changes, and nothing else."""
        before = made(tracker, "to-be-changed")
        assert tracker.update(before.id, {IssueField.SUMMARY: "Another summary"}) is None
        after = tracker.read([before.id])[before.id]
        assert after.fields == {**before.fields, IssueField.SUMMARY: "Another summary"}
        assert after.marker == before.marker

    def test_a_field_can_be_emptied(self, tracker: IssueTracker) -> None:
        """A date that is taken back is gone, not forgotten."""
        issue = made(tracker, "to-be-emptied")
        assert tracker.update(issue.id, {IssueField.DUE: None}) is None
        assert tracker.read([issue.id])[issue.id].fields[IssueField.DUE] is None

    @pytest.mark.parametrize("added", [{"harbour", "cache"}, set()])
    def test_labels_join_those_that_are_there(self, tracker: IssueTracker, added: set[str]) -> None:
        """People add labels too, even while we do, and theirs stay."""
        issue = made(tracker, "to-be-labelled")
        assert tracker.update(issue.id, {IssueField.LABELS: frozenset(added)}) is None
        assert labels(tracker.read([issue.id])[issue.id]) == labels(issue) | added

    def test_a_change_of_no_issue_is_refused(self, tracker: IssueTracker, surroundings: Surroundings) -> None:
        """A person has to see why it is gone."""
        for outcome in (
            tracker.update(surroundings.unknown_name, {IssueField.SUMMARY: "Another summary"}),
            tracker.move(surroundings.unknown_name, Phase.DONE),
        ):
            assert isinstance(outcome, Refused)
            assert outcome.problem.strip()

    @pytest.mark.parametrize(
        "way",
        [
            (Phase.IN_PROGRESS, Phase.DONE),
            (Phase.DONE, Phase.IN_PROGRESS),
            (Phase.DECLINED, Phase.TO_DO),
            (Phase.IN_PROGRESS, Phase.DECLINED, Phase.DONE),
        ],
    )
    def test_an_issue_is_brought_into_each_phase(self, tracker: IssueTracker, way: tuple[Phase, ...]) -> None:
        """Whatever the statuses in between are called."""
        issue = made(tracker, "to-be-moved")
        for to in way:
            assert tracker.move(issue.id, to) is None
            assert tracker.read([issue.id])[issue.id].fields[IssueField.STATUS] is to

    def test_an_issue_stays_in_the_phase_that_it_is_in(self, tracker: IssueTracker) -> None:
        """A move that is repeated changes nothing, nor does it look like somebody's edit."""
        issue = made(tracker, "to-stay")
        assert tracker.move(issue.id, Phase.TO_DO) is None
        assert tracker.read([issue.id])[issue.id] == issue

    def test_a_move_that_nothing_allows_is_refused(
        self, tracker: IssueTracker, surroundings: Surroundings
    ) -> None:
        """And says why, for a person who can make it."""
        before = tracker.read([surroundings.stuck])[surroundings.stuck]
        outcome = tracker.move(surroundings.stuck, surroundings.out_of_reach)
        assert isinstance(outcome, Refused)
        assert outcome.problem.strip()
        after = tracker.read([surroundings.stuck])[surroundings.stuck]
        assert after.fields[IssueField.STATUS] is before.fields[IssueField.STATUS]

    def test_a_link_to_an_issue_names_its_key(self, tracker: IssueTracker) -> None:
        """A postmortem cites its tickets so."""
        issue = made(tracker, "cited")
        assert issue.url.startswith(f"{tracker.site}/")
        assert tracker.cited_key(issue.url) == issue.key
        assert tracker.cited_key(f" {issue.url} ") == issue.key

    @pytest.mark.parametrize(
        "link", ["https://issues.invalid/browse/OPS-1", "https://[", "runbook", "", "#12\0"]
    )
    def test_a_link_to_something_else_names_none(self, tracker: IssueTracker, link: str) -> None:
        """Not even where it looks alike."""
        assert tracker.cited_key(link) is None
        assert tracker.cited_key(tracker.site) is None

    def test_a_lost_answer_makes_no_twin(self, tracker: IssueTracker, surroundings: Surroundings) -> None:
        """The caller looks before it asks again, and so does everything beneath it."""
        before = surroundings.count_issues()
        with surroundings.losing_answers(), pytest.raises(OutcomeUnknown):
            tracker.create([draft("lost", "Work whose answer is lost")])
        assert surroundings.count_issues() == before + 1
        issue = found(tracker, "lost", surroundings)
        assert issue is not None
        assert issue.fields[IssueField.SUMMARY] == "Work whose answer is lost"

    def test_a_lost_answer_to_a_change_is_told(
        self, tracker: IssueTracker, surroundings: Surroundings
    ) -> None:
        """Repeated blindly, it would overwrite what somebody wrote in between."""
        issue = made(tracker, "changed-unseen")
        with surroundings.losing_answers(), pytest.raises(OutcomeUnknown):
            tracker.update(issue.id, {IssueField.SUMMARY: "Another summary"})
        with surroundings.losing_answers(), pytest.raises(OutcomeUnknown):
            tracker.move(issue.id, Phase.IN_PROGRESS)
        assert tracker.move(issue.id, Phase.IN_PROGRESS) is None
        after = tracker.read([issue.id])[issue.id]
        assert after.fields[IssueField.SUMMARY] == "Another summary"
        assert after.fields[IssueField.STATUS] is Phase.IN_PROGRESS


def draft(marker: str, summary: str) -> Draft:
    """Return a draft with some words."""
    return Draft(marker, {**WORDS, IssueField.SUMMARY: summary})


def created(tracker: IssueTracker, drafts: Sequence[Draft]) -> Sequence[Created | Refused]:
    """Make issues of drafts, which a tracker that makes one at once is handed one by one."""
    size = tracker.creates_at_once
    return [
        one for start in range(0, len(drafts), size) for one in tracker.create(drafts[start : start + size])
    ]


def made(tracker: IssueTracker, marker: str) -> Issue:
    """Return a new issue, as it reads."""
    (outcome,) = tracker.create([Draft(marker, WORDS)])
    assert isinstance(outcome, Created)
    assert dict(outcome.without) == {}
    return tracker.read([outcome.id])[outcome.id]


def found(tracker: IssueTracker, marker: str, surroundings: Surroundings) -> Issue | None:
    """Look for an issue as long as the index may not know it."""
    for _ in range(math.ceil(tracker.index_lag) + 1):
        issue = tracker.find_marked({marker}, surroundings.began).get(marker)
        if issue is not None:
            return issue
        time.sleep(1)
    return None


def labels(of: Issue | Fields) -> frozenset[str]:
    """Return the labels."""
    value = (of.fields if isinstance(of, Issue) else of)[IssueField.LABELS]
    assert isinstance(value, frozenset)
    return value
