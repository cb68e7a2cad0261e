"""The steps of the nightly run, and their rehearsal; each record is done by itself, and a fault in one ends no other."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from tracker.core.errors import ElsewhereError, HeldByAnother, InvalidCatalog, InvalidInput
from tracker.core.issue_sync import Policies
from tracker.core.nightly import CatalogLocation, PostmortemLocation, Problem, Step, StepReport
from tracker.core.ports import Connections, UnreadableDocument
from tracker.core.programs import ProgramState
from tracker.core.where_else import RankWeights
from tracker.storage import catalog, lessons, programs
from tracker.workflows import find_where_else, run_programs, sync_issues
from tracker.workflows.context import Context
from tracker.workflows.find_where_else import KnownGraph
from tracker.workflows.import_catalog import import_catalog
from tracker.workflows.ingest_postmortems import ingest
from tracker.workflows.triage_action_items import return_expired

_RUNNING_PROGRAMS = frozenset({ProgramState.DRAFT, ProgramState.ACTIVE})

_log = structlog.get_logger()


@dataclass(frozen=True)
class Work:
    """What a run reads and does."""

    postmortems: Sequence[PostmortemLocation] = ()
    catalogs: Sequence[CatalogLocation] = ()
    tracker: str | None = None
    """The name of the issue tracker that is configured, if one is."""
    policies: Policies = field(default_factory=Policies)
    weights: RankWeights | None = None
    lease: timedelta = timedelta(seconds=90)


@contextmanager
def faults_told(report: StepReport, subject: str, *expected: type[ElsewhereError]) -> Iterator[None]:
    """Make a fault a problem of the report, so that what does not depend on it goes on.

    An expected one is for a person to settle; the others fail the step. To have lost the lease ends all.
    """
    try:
        yield
    except HeldByAnother:
        raise
    except ElsewhereError as error:
        report.problems.append(Problem(subject, str(error), needs_a_person=isinstance(error, expected)))
    except Exception as error:  # noqa: BLE001 - a fault of the program in one place must not cost the rest of the night
        _log.exception("nightly step crashed", subject=subject)
        says = f"{subject}: the program is at fault ({type(error).__name__}); the log has more"
        report.problems.append(Problem(subject, says, needs_a_person=False))


@dataclass(frozen=True)
class Steps:
    """Does each step, and begins no record once ``stop`` says why."""

    context: Context
    connections: Connections
    work: Work
    stop: Callable[[], str | None] = lambda: None
    moved: Callable[[StepReport], None] = lambda _: None

    def do(self, step: Step, report: StepReport) -> None:
        """Do a step, and report how it goes."""
        steps = {
            Step.SOURCES: self._sources,
            Step.CATALOG: self._catalog,
            Step.EXPOSURES: self._exposures,
            Step.SYNC: self._sync,
        }
        with faults_told(report, str(step)):
            steps[step](report)

    def _sources(self, report: StepReport) -> None:
        if not self.work.postmortems:
            report.skipped = "the settings name no postmortems"
        report.count(documents=0, items_new=0, items_updated=0)
        for place in self.work.postmortems:
            with faults_told(report, place.location):
                source = self.connections.postmortem_source(place.source)
                outcomes = ingest(self.context, source, [place.location], confidential=place.confidential)
                while not self._stopped(report) and (one := next(outcomes, None)) is not None:
                    outcome = str(one.outcome).replace(" ", "_")
                    report.count(documents=1, items_new=one.new, items_updated=one.updated)
                    report.count(**{f"documents_{outcome}": 1})
                    if one.needs_a_person:
                        report.problems.append(
                            Problem(one.name, one.problem or one.name, needs_a_person=True)
                        )
                    self.moved(report)

    def _catalog(self, report: StepReport) -> None:
        if not self.work.catalogs:
            report.skipped = "the settings name no catalogs"
        said_by: dict[str, str] = {}
        for place in self.work.catalogs:
            if self._stopped(report):
                return
            with faults_told(report, place.location, InvalidCatalog):
                reader = self.connections.catalog_source(place.kind)
                _, difference = import_catalog(self.context, reader, place.location)
                report.count(catalogs=1, catalogs_unchanged=int(difference.unchanged))
                report.count(
                    entities_added=difference.entities.added.count,
                    entities_gone=difference.entities.gone.count,
                )
                before = said_by.setdefault(difference.source, place.location)
                if before != place.location:
                    says = f"{place.location}: replaced what {before} said, for both are of the source {difference.source!r}"
                    report.problems.append(Problem(place.location, says, needs_a_person=True))
            self.moved(report)

    def _exposures(self, report: StepReport) -> None:
        report.count(items_returned=len(return_expired(self.context)))
        report.count(lessons=0, exposed=0, unknown=0, items_proposed=0, exposures_joined=0)
        asked = self._asked(report)
        known = KnownGraph()
        for lesson, carriers in asked.items():
            if self._stopped(report):
                return
            with faults_told(report, f"lesson {lesson}", InvalidInput):
                answer = find_where_else.by_lesson(
                    self.context, lesson, weights=self.work.weights, known=known
                )
                report.count(
                    lessons=1, exposed=len(answer.report.exposed), unknown=len(answer.report.unknown)
                )
                for program in carriers:
                    _, planned = run_programs.plan_lesson(self.context, program, lesson, answer.graph)
                    report.count(items_proposed=len(planned.proposed), exposures_joined=planned.joined)
            self.moved(report)

    def _sync(self, report: StepReport) -> None:
        if self.work.tracker is None:
            report.skipped = "no issue tracker is configured"
            return
        try:
            done = sync_issues.apply(
                self.context,
                self.connections.issue_tracker(self.work.tracker),
                self.work.policies,
                lease=self.work.lease,
                progress=lambda *_: self.moved(report),
                stop=self.stop,
            )
        except HeldByAnother as error:  # a person syncs just now; the night's own lease is another
            report.problems.append(Problem(str(Step.SYNC), str(error), needs_a_person=False))
            return
        report.count(**done.run.counts)
        if done.run.problem is not None:
            if done.run.problem == self.stop():
                report.stopped = done.run.problem
            else:
                report.problems.append(Problem(str(Step.SYNC), done.run.problem, needs_a_person=False))
        for one in done.waiting:
            report.problems.append(_waiting(one.decision.action_item_id, one.decision.reason))

    def _asked(self, report: StepReport) -> Mapping[str, Sequence[str]]:
        """Return the lessons to evaluate, each with the programs that carry it."""
        with self.context.database.reading() as session:
            if catalog.latest_snapshot(session) is None:
                report.skipped = "no catalog has been imported yet"
                return {}
            carriers: dict[str, list[str]] = defaultdict(list)
            for program in programs.listing(session):
                if program.state in _RUNNING_PROGRAMS:
                    for lesson in programs.lessons_of(session, program):
                        carriers[lesson.key].append(program.key)
            asked = [lesson.key for lesson, _, patterns in lessons.listing(session) if patterns]
        if not asked:
            report.skipped = "no lesson has a pattern yet"
        return {key: carriers[key] for key in asked}

    def _stopped(self, report: StepReport) -> bool:
        report.stopped = report.stopped or self.stop()
        return report.stopped is not None


class Rehearsal(Steps):
    """Reads what each step would read, and writes nothing."""

    def _sources(self, report: StepReport) -> None:
        for place in self.work.postmortems:
            with faults_told(report, place.location):
                source = self.connections.postmortem_source(place.source)
                for document in source.documents([place.location]):
                    report.count(documents=1)
                    if isinstance(document, UnreadableDocument):
                        report.problems.append(
                            Problem(document.name, str(document.problem), needs_a_person=True)
                        )
                    self.moved(report)

    def _catalog(self, report: StepReport) -> None:
        for place in self.work.catalogs:
            with faults_told(report, place.location, InvalidCatalog):
                said = self.connections.catalog_source(place.kind).read(place.location)
                report.count(catalogs=1, entities=len(said.entities), relations=len(said.relations))
            self.moved(report)

    def _exposures(self, report: StepReport) -> None:
        asked = self._asked(report)
        report.count(lessons=len(asked), programs=len({key for keys in asked.values() for key in keys}))

    def _sync(self, report: StepReport) -> None:
        if self.work.tracker is None:
            report.skipped = "no issue tracker is configured"
            return
        tracker = self.connections.issue_tracker(self.work.tracker)
        planned = sync_issues.plan(self.context, tracker, self.work.policies)
        decisions = [one for _, item in planned.items for one in item.decisions]
        report.count(items=planned.looked_at, **Counter(str(one.kind) for one in decisions))
        report.problems += [_waiting(one.item_id, one.reason) for one in decisions if one.needs_a_person]


def _waiting(item_id: int, reason: str) -> Problem:
    return Problem(f"item {item_id}", f"item {item_id}: {reason}", needs_a_person=True)
