"""Chooses the transitions that bring an issue into a phase. Pure.

A workflow shows only the transitions of the status that an issue is in, so a way of several steps is found by walking.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.jira.mapping import declines, list_in, mapping_in, phase, text_in
from connectors.jira.settings import folded
from tracker.core.issues import Phase

MOST_STEPS = 5
"""A way longer than this is none that a program should walk."""

_USUAL = ("Done", "Fixed", "Resolved", "Complete", "Completed", "Implemented")
"""Resolutions of work that was done, the likeliest first."""

_CLOSED = frozenset({Phase.DONE, Phase.DECLINED})

_TOWARDS = {
    Phase.TO_DO: (Phase.TO_DO, Phase.IN_PROGRESS),
    Phase.IN_PROGRESS: (Phase.TO_DO,),
    Phase.DONE: (Phase.IN_PROGRESS, Phase.TO_DO),
    Phase.DECLINED: (Phase.IN_PROGRESS, Phase.TO_DO),
}
"""Through which phases a way may lead, the better first: none is closed only to be opened again."""


@dataclass(frozen=True, slots=True)
class Transition:
    """A step that the workflow allows now, with what its screen asks for."""

    id: str
    name: str
    status: str
    """The name of the status that it leads to."""
    leads_to: Phase | None
    """The phase of that status, before a resolution is looked at."""
    resolutions: Sequence[str] | None = None
    """What the screen lets one choose from; ``None`` if it does not ask for a resolution."""
    needs: Collection[str] = ()
    """Other fields that must be filled, by Jira's names."""


@dataclass(frozen=True, slots=True)
class Step:
    """A transition to be made, and the fields to fill in on its screen."""

    transition: Transition
    fields: Mapping[str, Any] = field(default_factory=dict)


def transitions(answer: Any, declining: Sequence[str]) -> list[Transition]:
    """Return the transitions that Jira's answer offers."""
    return [_transition(one, declining) for one in list_in(answer, "transitions")]


def _transition(answer: Any, declining: Sequence[str]) -> Transition:
    to = mapping_in(answer, "to")
    screen = mapping_in(answer, "fields") if answer.get("fields") else {}
    return Transition(
        id=text_in(answer, "id"),
        name=text_in(answer, "name"),
        status=text_in(to, "name"),
        leads_to=phase(to, None, declining),
        resolutions=_resolutions(mapping_in(screen, "resolution")) if "resolution" in screen else None,
        needs=tuple(
            name for name, about in screen.items() if name != "resolution" and is_to_be_filled(about)
        ),
    )


def is_to_be_filled(about: Any) -> bool:
    """Tell whether Jira wants a value of a field and has none by itself, from what it says about the field."""
    return isinstance(about, dict) and bool(about.get("required")) and not about.get("hasDefaultValue")


def _resolutions(about: Mapping[str, Any]) -> list[str]:
    return (
        [text_in(one, "name") for one in list_in(about, "allowedValues")]
        if about.get("allowedValues")
        else []
    )


def steps_into(
    to: Phase, offered: Sequence[Transition], declining: Sequence[str], values: Mapping[str, Any]
) -> list[Step]:
    """Return the steps that end in a phase at once, the likeliest first.

    ``values`` are fields that may be filled in where a screen needs them.
    """
    likely: list[Step] = []
    possible: list[Step] = []
    for one in offered:
        if set(one.needs) - set(values):
            continue
        fields = {name: values[name] for name in one.needs}
        if to not in _CLOSED:
            if one.leads_to is to:
                likely.append(Step(one, fields))
        elif one.leads_to is to or one.leads_to is Phase.DONE:
            says = Phase.DECLINED if declines((one.name, one.status), declining) else Phase.DONE
            resolution = _resolution(to, one.resolutions, declining)
            if resolution is not None:
                step = Step(one, {**fields, "resolution": {"name": resolution}})
                (likely if says is to else possible).append(step)
            elif says is to and (not one.resolutions or one.leads_to is Phase.DECLINED):
                likely.append(Step(one, fields))
    return likely + possible


def guessed_resolution(to: Phase, declining: Sequence[str]) -> str | None:
    """Return a resolution to try where the site asks for one and does not say which there are."""
    return {Phase.DONE: _USUAL[0], Phase.DECLINED: declining[0]}.get(to)


def steps_towards(
    to: Phase, offered: Sequence[Transition], visited: Collection[str], values: Mapping[str, Any]
) -> Iterator[Step]:
    """Yield the steps that may be on the way into a phase, the likeliest first, to statuses not yet visited."""
    for by_way_of in _TOWARDS[to]:
        for one in offered:
            fits = one.leads_to is by_way_of and one.status not in visited
            if fits and not set(one.needs) - set(values):
                yield Step(one, {name: values[name] for name in one.needs})


def _resolution(to: Phase, allowed: Sequence[str] | None, declining: Sequence[str]) -> str | None:
    """Return the resolution to choose, if there is one to choose and one that fits."""
    fitting = [name for name in allowed or () if declines((name,), declining) is (to is Phase.DECLINED)]
    order = [folded(word) for word in (_USUAL if to is Phase.DONE else declining)]
    fitting.sort(key=lambda name: order.index(folded(name)) if folded(name) in order else len(order))
    return fitting[0] if fitting else None
