"""Programs: the work that carries a lesson to every team concerned, and how far it got."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tracker.core.action_items import ItemState
from tracker.core.catalog import Ref
from tracker.core.errors import InvalidMove
from tracker.core.exposures import ExposureState


class ProgramState(StrEnum):
    """Where a program stands; a standing rule is what one leaves behind."""

    DRAFT = "draft"
    ACTIVE = "active"
    DONE = "done"
    STANDING_RULE = "standing_rule"


_MOVES: dict[ProgramState, frozenset[ProgramState]] = {
    ProgramState.DRAFT: frozenset({ProgramState.ACTIVE}),
    ProgramState.ACTIVE: frozenset({ProgramState.DONE}),
    ProgramState.DONE: frozenset({ProgramState.ACTIVE, ProgramState.STANDING_RULE}),
    ProgramState.STANDING_RULE: frozenset({ProgramState.ACTIVE}),
}


def move(state: ProgramState, to: ProgramState) -> ProgramState:
    """Return ``to``, if a program in ``state`` may go there or is there; raises `InvalidMove`, naming the choices, otherwise.

    >>> move(ProgramState.DRAFT, ProgramState.ACTIVE).value
    'active'
    """
    if to is not state and to not in _MOVES[state]:
        choices = ", ".join(sorted(_MOVES[state]))
        raise InvalidMove(f"a program that is {state} cannot become {to} (only {choices})")
    return to


@dataclass(frozen=True, slots=True)
class ProposedWork:
    """One team's share of applying one lesson. ``team`` is ``None`` for entities that nobody owns."""

    team: Ref | None
    title: str
    description: str
    refs: tuple[Ref, ...]


def propose_work(
    lesson_title: str,
    lesson_statement: str,
    exposed: Iterable[Ref],
    owner_of: Callable[[Ref], Ref | None],
) -> tuple[ProposedWork, ...]:
    """Return the work that a lesson means, one piece for each owning team, in team order, the unowned last."""
    by_team: dict[Ref | None, list[Ref]] = defaultdict(list)
    for ref in exposed:
        by_team[owner_of(ref)].append(ref)
    return tuple(
        ProposedWork(
            team, _title(lesson_title, refs), _description(lesson_statement, refs), tuple(sorted(refs))
        )
        for team, refs in sorted(by_team.items(), key=lambda row: (row[0] is None, row[0] or ""))
    )


def _title(lesson_title: str, refs: Sequence[Ref]) -> str:
    where = refs[0].partition(":")[2].removeprefix("default/") if len(refs) == 1 else f"{len(refs)} services"
    return f"{lesson_title} in {where}"


def _description(statement: str, refs: Sequence[Ref]) -> str:
    services = "\n".join(f"- {ref}" for ref in sorted(refs))
    return f"{statement.strip()}\n\nServices:\n{services}"


class Progress(StrEnum):
    """How far one exposure of a program has come, from the least to the most settled."""

    UNPLANNED = "unplanned"
    """Exposed, and no work for it yet; or it came back after its work was finished."""
    PROPOSED = "proposed"
    DECLINED = "declined"
    """Its work was declined: the exposure stands."""
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    BLOCKED = "blocked"
    DONE = "done"
    """Its work is done; the catalog has not confirmed that yet."""
    FIXED = "fixed"
    """The catalog no longer shows it."""
    VERIFIED = "verified"
    NOT_AFFECTED = "not_affected"
    RISK_ACCEPTED = "risk_accepted"
    RETIRED = "retired"
    """The entity is gone from the catalog; a person has to confirm that it is really switched off."""


SETTLED = frozenset({Progress.FIXED, Progress.VERIFIED, Progress.NOT_AFFECTED, Progress.RISK_ACCEPTED})
"""What counts as covered. Done work does not: somebody has to look whether it helped."""


_FINISHED = frozenset({ItemState.DONE, ItemState.VERIFIED})


def progress(state: ExposureState, items: Iterable[ItemState]) -> Progress:
    """Return how far an exposure has come, by what people decided or the catalog showed, else by its least finished item."""
    if state.value in {one.value for one in (*SETTLED, Progress.RETIRED)}:
        return Progress(state.value)
    order = list(Progress)
    states = list(items)
    if state is ExposureState.REGRESSED and all(item in _FINISHED for item in states):
        return Progress.UNPLANNED
    live = [Progress(item) for item in states if item is not ItemState.DECLINED]
    if live:
        return min(live, key=order.index)
    return Progress.DECLINED if states else Progress.UNPLANNED


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many exposures of a program stand where."""

    by_progress: dict[Progress, int]

    @property
    def total(self) -> int:
        """All exposures that the program has to settle, settled ones included."""
        return sum(self.by_progress.values())

    @property
    def settled(self) -> int:
        """Those that need no more work."""
        return sum(count for state, count in self.by_progress.items() if state in SETTLED)

    @property
    def share(self) -> float | None:
        """The settled share, 0 to 1; ``None`` while there is nothing to settle."""
        return self.settled / self.total if self.total else None


def coverage(all_progress: Iterable[Progress]) -> Coverage:
    """Count the exposures of a program by how far they have come, in the order of `Progress`."""
    counts = Counter(all_progress)
    return Coverage({state: counts[state] for state in Progress if counts[state]})
