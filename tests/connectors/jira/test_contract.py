"""The connector keeps the promises of issue trackers, on a stand-in of Jira Cloud."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.jira import connect
from connectors.jira.connector import JiraTracker
from connectors.jira.stand_in import Site
from connectors.jira.stand_in.faults import LoseAnswer
from connectors.jira.stand_in.workflow import every_move, step_by_step
from tests.conftest import SettableClock
from tracker.core.issues import IssueField, Phase
from tracker.testing.issue_tracker import IssueTrackerContract, Surroundings


class TestJira(IssueTrackerContract):
    """Jira Cloud, with a workflow that allows every move."""

    workflow = staticmethod(every_move)

    @pytest.fixture
    def tracker(self, jira_site: Site) -> Iterator[JiraTracker]:
        jira_site.workflow = self.workflow()
        tracker = connect(jira_site.settings)
        assert isinstance(tracker, JiraTracker)
        yield tracker
        tracker.close()

    @pytest.fixture
    def surroundings(
        self, tracker: JiraTracker, jira_site: Site, clock: SettableClock, request: pytest.FixtureRequest
    ) -> Surroundings:
        assert tracker.site == jira_site.url
        stuck = str(jira_site.create().id)
        if "nothing_allows" in request.node.name:
            ways = [replace(one, sources=one.sources or ["To Do"]) for one in jira_site.workflow.transitions]
            jira_site.workflow = replace(
                jira_site.workflow, transitions=[one for one in ways if "Backlog" not in one.sources]
            )

        @contextmanager
        def losing_answers() -> Iterator[None]:
            jira_site.faults.add(LoseAnswer(), when=lambda request: request.is_write, times=100)
            yield
            jira_site.faults.clear()

        return Surroundings(
            began=clock() - timedelta(minutes=1),
            unknown_name="99999",
            hopeless={IssueField.SUMMARY: ""},
            stuck=stuck,
            out_of_reach=Phase.DONE,
            losing_answers=losing_answers,
            count_issues=lambda: len(jira_site.issues),
        )


class TestJiraStepByStep(TestJira):
    """Jira Cloud, with a workflow that allows one step at a time and asks for a resolution at the end."""

    workflow = staticmethod(step_by_step)
