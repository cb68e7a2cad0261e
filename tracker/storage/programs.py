"""Queries of programs, their lessons, and the work that they mean."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from tracker.core.catalog import Ref
from tracker.core.errors import NotFound
from tracker.core.programs import ProgramState
from tracker.storage import pages
from tracker.storage.pages import Order, Page, Paging
from tracker.storage.tables import (
    ActionItem,
    ActionItemExposure,
    CatalogEntity,
    Exposure,
    Lesson,
    Program,
    ProgramLesson,
)

ORDER = Order(
    col(Program.id),
    {
        name: getattr(Program, name)
        for name in ("key", "title", "state", "lead", "starts_on", "target_on", "created_at", "updated_at")
    },
    default="key",
)


@dataclass(frozen=True)
class ProgramExposure:
    """One exposure in a program's scope, with the program's items that are to end it."""

    ref: Ref
    lesson: Lesson
    exposure: Exposure
    items: tuple[ActionItem, ...]


def get(session: Session, key: str) -> Program:
    """Return a program; raises `NotFound`."""
    found = session.exec(select(Program).where(Program.key == key)).one_or_none()
    if found is None:
        raise NotFound(f"there is no program {key!r}; see `elsewhere programs list`")
    return found


def listing(session: Session) -> Sequence[Program]:
    """Return all programs by key."""
    return session.exec(select(Program).order_by(col(Program.key))).all()


def page(
    session: Session, paging: Paging, *, states: Sequence[ProgramState] = (), text: str | None = None
) -> Page[Program]:
    """Return a page of the programs in these states whose title holds a text."""
    query = select(Program)
    if states:
        query = query.where(col(Program.state).in_(states))
    if text:
        query = query.where(col(Program.title).icontains(text, autoescape=True))
    return pages.page(session, query, ORDER, paging)


def ids_by_name(session: Session) -> dict[str, int]:
    """Return the id of each program by its key, and by its title where it alone has it, both without case."""
    known = listing(session)
    titles = Counter(program.title.casefold() for program in known)
    by_title = {title: p.id for p in known if titles[title := p.title.casefold()] == 1}
    return by_title | {program.key: program.id for program in known}


def attach_lesson(session: Session, program: Program, lesson: Lesson) -> bool:
    """Attach a lesson to a program; returns whether that is new."""
    if session.get(ProgramLesson, (program.id, lesson.id)) is not None:
        return False
    session.add(ProgramLesson(program_id=program.id, lesson_id=lesson.id))
    return True


def lessons_of(session: Session, program: Program) -> Sequence[Lesson]:
    """Return a program's lessons by key."""
    return session.exec(
        select(Lesson)
        .join(ProgramLesson, col(ProgramLesson.lesson_id) == col(Lesson.id))
        .where(ProgramLesson.program_id == program.id)
        .order_by(col(Lesson.key))
    ).all()


def exposures_of(session: Session, program: Program) -> list[ProgramExposure]:
    """Return the exposures in a program's scope, by lesson and ref."""
    items: dict[int, list[ActionItem]] = {}
    for exposure_id, item in session.exec(
        select(ActionItemExposure.exposure_id, ActionItem)
        .join(ActionItem, col(ActionItem.id) == col(ActionItemExposure.action_item_id))
        .where(ActionItem.program_id == program.id)
        .order_by(col(ActionItem.id))
    ).all():
        items.setdefault(exposure_id, []).append(item)
    rows = session.exec(
        select(CatalogEntity.ref, Lesson, Exposure)
        .join(Exposure, col(Exposure.entity_id) == col(CatalogEntity.id))
        .join(Lesson, col(Lesson.id) == col(Exposure.lesson_id))
        .join(ProgramLesson, col(ProgramLesson.lesson_id) == col(Lesson.id))
        .where(ProgramLesson.program_id == program.id)
        .order_by(col(Lesson.key), col(CatalogEntity.ref))
    ).all()
    return [
        ProgramExposure(Ref(ref), lesson, exposure, tuple(items.get(exposure.id, ())))
        for ref, lesson, exposure in rows
    ]


def assign(session: Session, item: ActionItem, exposure: Exposure) -> None:
    """Make an item, flushed before, one that is to end an exposure."""
    if session.get(ActionItemExposure, (item.id, exposure.id)) is None:
        session.add(ActionItemExposure(action_item_id=item.id, exposure_id=exposure.id))
