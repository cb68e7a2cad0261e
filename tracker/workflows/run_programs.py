"""Runs programs: from lessons to the work that each owning team has to do, and how far it got."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypedDict

from sqlmodel import Session, select

from tracker.core.action_items import ItemState, ItemType, VerificationMethod
from tracker.core.catalog import EntityKind, Ref, kind_of, short_name
from tracker.core.dependency_graph import CatalogGraph
from tracker.core.errors import AlreadyExists, InvalidInput
from tracker.core.exposures import ExposureState, ExposureVerdict
from tracker.core.programs import (
    SETTLED,
    Coverage,
    ProgramState,
    Progress,
    ProposedWork,
    coverage,
    move,
    progress,
    propose_work,
)
from tracker.core.where_else import RankWeights
from tracker.storage import action_items, audit, lessons, mentions, people, programs, versions
from tracker.storage.action_items import ItemRecord, Wanted
from tracker.storage.programs import ProgramExposure
from tracker.storage.tables import ActionItem, Exposure, Lesson, Program, Row, Team
from tracker.workflows import find_where_else
from tracker.workflows.context import Context
from tracker.workflows.curate_lessons import check_key
from tracker.workflows.triage_action_items import return_expired

_OPEN = frozenset({ItemState.PROPOSED, ItemState.ACCEPTED, ItemState.IN_PROGRESS, ItemState.BLOCKED})
"""Items that a new member may join; one that is done gets a successor."""


@dataclass(frozen=True)
class ProgramRecord:
    """A program with its lessons, its exposures and their progress, and its items."""

    program: Program
    lessons: tuple[Lesson, ...]
    exposures: tuple[tuple[ProgramExposure, Progress], ...]
    items: tuple[ItemRecord, ...]

    @property
    def coverage(self) -> Coverage:
        """How many exposures stand where."""
        return coverage(one for _, one in self.exposures)


@dataclass(frozen=True, slots=True)
class Planned:
    """What planning a lesson's work changed: items proposed, and exposures that joined an open item."""

    lesson: str
    proposed: tuple[int, ...]
    joined: int


class ProgramChanges(TypedDict, total=False):
    """New values of a program's fields; those that are absent stay as they are."""

    title: str
    goal: str | None
    sponsor: str | None
    lead: str | None
    starts_on: date | None
    target_on: date | None
    state: ProgramState


def create_program(
    context: Context,
    key: str,
    title: str,
    *,
    goal: str | None = None,
    sponsor: str | None = None,
    lead: str | None = None,
    starts_on: date | None = None,
    target_on: date | None = None,
) -> ProgramRecord:
    """Create a program. Raises `AlreadyExists` for a key that is taken."""
    check_key(key, "program")
    _check(title, starts_on, target_on)

    def work(session: Session) -> ProgramRecord:
        if session.exec(select(Program).where(Program.key == key)).one_or_none() is not None:
            raise AlreadyExists(f"there is a program {key!r} already; see `elsewhere programs show {key}`")
        now = context.now
        program = Program(
            key=key,
            title=title.strip(),
            goal=_words(goal),
            sponsor=_words(sponsor),
            lead=_words(lead),
            starts_on=starts_on,
            target_on=target_on,
            created_at=now,
            updated_at=now,
        )
        session.add(program)
        session.flush()
        mentions.match_programs(session)
        audit.record(
            session,
            at=now,
            actor=context.actor,
            action="program created",
            subject=program,
            detail={"key": key},
        )
        return _record(session, context, program)

    return context.database.transact(work)


def change_program(
    context: Context, key: str, changes: ProgramChanges, *, expected_version: int | None = None
) -> ProgramRecord:
    """Give a program's fields new values; ``None`` clears a field that may be without one.

    Raises `NotFound`, `VersionChanged`, `InvalidInput`, and `InvalidMove` for a state that does not follow on its own.
    """

    def work(session: Session) -> ProgramRecord:
        program = programs.get(session, key)
        versions.expect(program, expected_version)
        before = program.model_dump(mode="json")
        with session.no_autoflush:
            if "state" in changes:
                program.state = move(program.state, changes["state"])
            for field in ("title", "goal", "sponsor", "lead", "starts_on", "target_on"):
                if field in changes:
                    value = changes[field]
                    setattr(program, field, _words(value) if isinstance(value, str) else value)
            _check(program.title, program.starts_on, program.target_on)
        after = program.model_dump(mode="json")
        differing = {
            name: {"from": before[name], "to": after[name]} for name in after if after[name] != before[name]
        }
        if differing:
            program.updated_at = context.now
            session.add(program)
            mentions.match_programs(session)
            audit.record(
                session,
                at=context.now,
                actor=context.actor,
                action="program changed",
                subject=program,
                detail={"changes": differing},
            )
        return _record(session, context, program)

    return context.database.transact(work)


def _words(text: str | None) -> str | None:
    return (text or "").strip() or None


def _check(title: str | None, starts_on: date | None, target_on: date | None) -> None:
    if _words(title) is None:
        raise InvalidInput("a program has a title", "--title")
    if starts_on and target_on and target_on < starts_on:
        raise InvalidInput(f"the target {target_on} is before the start {starts_on}", "--target")


def add_lesson(
    context: Context, key: str, lesson_key: str, *, weights: RankWeights | None = None
) -> tuple[ProgramRecord, Planned]:
    """Make a program carry a lesson, and propose the work that this means, one item per owning team.

    Repeating it plans what is new since: a new member joins its team's open item, or starts a new one.
    """
    with context.database.reading() as session:
        programs.get(session, key)
    return_expired(context)
    answer = find_where_else.by_lesson(context, lesson_key, weights=weights)
    return plan_lesson(context, key, lesson_key, answer.graph)


def plan_lesson(
    context: Context, key: str, lesson_key: str, graph: CatalogGraph
) -> tuple[ProgramRecord, Planned]:
    """Propose the work that a lesson's exposures, as they were last kept, mean for a program; the graph says who owns what."""

    def work(session: Session) -> tuple[ProgramRecord, Planned]:
        program = programs.get(session, key)
        lesson = lessons.get(session, lesson_key)
        if programs.attach_lesson(session, program, lesson):
            audit.record(
                session,
                at=context.now,
                actor=context.actor,
                action="lesson added to program",
                subject=program,
                detail={"lesson": lesson_key},
            )
        session.flush()
        planned = _Planning(session, context, program, lesson, graph).plan()
        session.flush()
        return _record(session, context, program), planned

    return context.database.transact(work)


def show(context: Context, key: str) -> ProgramRecord:
    """Return a program with all that belongs to it; raises `NotFound`."""
    with context.database.reading() as session:
        return _record(session, context, programs.get(session, key))


def _record(session: Session, context: Context, program: Program) -> ProgramRecord:
    """Return a program with all that belongs to it and exists for the actor."""
    session.flush()
    items = [
        one
        for one in action_items.listing(session, Wanted(program=program.key))
        if context.sees_confidential or not any(postmortem.confidential for _, postmortem in one.origins)
    ]
    shown = {one.item.id for one in items}
    return ProgramRecord(
        program,
        tuple(programs.lessons_of(session, program)),
        tuple(
            (replace(one, items=tuple(item for item in one.items if item.id in shown)), _progress(one))
            for one in programs.exposures_of(session, program)
        ),
        tuple(items),
    )


def _progress(one: ProgramExposure) -> Progress:
    return progress(one.exposure.state, [item.state for item in one.items])


class _Planning:
    """Plans one lesson's work in one program, in one session."""

    def __init__(
        self, session: Session, context: Context, program: Program, lesson: Lesson, graph: CatalogGraph
    ) -> None:
        self.session = session
        self.context = context
        self.program = program
        self.lesson = lesson
        self.graph = graph

    def plan(self) -> Planned:
        mine = [
            one
            for one in programs.exposures_of(self.session, self.program)
            if one.lesson.id == self.lesson.id
        ]
        unplanned = {
            one.ref: one
            for one in mine
            if one.exposure.verdict is ExposureVerdict.EXPOSED and _progress(one) is Progress.UNPLANNED
        }
        held = [(self._owner(one.ref), item) for one in mine for item in one.items if item.state in _OPEN]
        proposed, joined = [], 0
        for work in propose_work(self.lesson.title, self.lesson.statement, unplanned, self._owner):
            team = self._team(work.team)
            # A person may have given the team's item to somebody: it is the one that its services are in.
            item = next((item for _, item in held if team and item.owner_team_id == team.id), None) or next(
                (item for owner, item in held if owner == work.team and item.owner_team_id is None), None
            )
            if item is None:
                item = self._propose(work.team, team)
                proposed.append(item.id)
            else:
                joined += len(work.refs)
            for ref in work.refs:
                self._assign(item, unplanned[ref].exposure)
            self.session.flush()
            self._word(item, mine, work.refs)
        return Planned(self.lesson.key, tuple(proposed), joined)

    def _owner(self, ref: Ref) -> Ref | None:
        canonical = self.graph.canonical(ref)
        return self.graph.owner(canonical) if canonical in self.graph.graph else None

    def _team(self, owner: Ref | None) -> Team | None:
        is_group = owner is not None and kind_of(owner) is EntityKind.GROUP
        return people.team_of(self.session, owner, self.context.now) if owner and is_group else None

    def _assign(self, item: ActionItem, exposure: Exposure) -> None:
        programs.assign(self.session, item, exposure)
        if exposure.state is ExposureState.REGRESSED:
            # So that the work that is planned for it now is not planned once more when it is done.
            exposure.state = ExposureState.UNDER_INVESTIGATION
            exposure.updated_at = self.context.now
            self.session.add(exposure)
            detail = {
                "from": ExposureState.REGRESSED,
                "to": exposure.state,
                "why": f"item {item.id} is to end it",
            }
            self._audit(f"exposure {exposure.state}", exposure, detail)

    def _propose(self, owner: Ref | None, team: Team | None) -> ActionItem:
        item = ActionItem(
            title=self.lesson.title,
            type=ItemType.PREVENT,
            owner=team.name if team else short_name(owner) if owner else None,
            owner_team_id=team.id if team else None,
            program_id=self.program.id,
            verification_method=VerificationMethod.CATALOG,
            created_at=self.context.now,
            updated_at=self.context.now,
        )
        self.session.add(item)
        self._audit("item proposed", item, {"program": self.program.key, "lesson": self.lesson.key})
        return item

    def _word(self, item: ActionItem, mine: list[ProgramExposure], added: tuple[Ref, ...]) -> None:
        """Let an item's words name all its services, unless a person has given it other words."""
        before = [one.ref for one in mine if any(known.id == item.id for known in one.items)]
        generated = self._words(before) if before else None
        words = self._words([*before, *added])
        if generated is None or item.title == generated.title:
            item.title = words.title
        if generated is None or item.description == generated.description:
            item.description = words.description
        item.updated_at = self.context.now
        self.session.add(item)
        if before:
            self._audit("services joined item", item, {"refs": list(added)})

    def _words(self, refs: list[Ref]) -> ProposedWork:
        return propose_work(self.lesson.title, self.lesson.statement, refs, lambda _: None)[0]

    def _audit(self, action: str, subject: Row, detail: dict[str, Any]) -> None:
        audit.record(
            self.session,
            at=self.context.now,
            actor=self.context.actor,
            action=action,
            subject=subject,
            detail=detail,
        )


def stuck(record: ProgramRecord) -> dict[str, int]:
    """Return how many unsettled exposures each team holds, most first; the unowned under ``"nobody"``."""
    teams = {item.item.id: item.team or item.item.owner or "nobody" for item in record.items}
    counts: dict[str, int] = defaultdict(int)
    for one, how_far in record.exposures:
        if how_far not in SETTLED:
            counts[teams[one.items[-1].id] if one.items else "nobody"] += 1
    return dict(sorted(counts.items(), key=lambda row: (-row[1], row[0])))
