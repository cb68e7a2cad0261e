"""Mentions: which catalog entity a postmortem means by the name that it prints."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from tracker.core.catalog import EntityKind, Ref, kind_of, parse_ref, short_name
from tracker.core.errors import InvalidInput

_NAMED_ALOUD = frozenset({EntityKind.COMPONENT, EntityKind.RESOURCE})
"""Kinds of entities that people call by the last part of their ref."""


@dataclass(frozen=True, slots=True)
class KnownName:
    """A ref or alias, with the number of the entity that goes by it, and whether a source still lists that."""

    name: Ref
    entity: int
    is_listed: bool = True


class ServiceNames:
    """The names of all entities.

    >>> names = ServiceNames([KnownName(Ref("component:default/session-cache"), 1), KnownName(Ref("component:staging/web"), 2)])
    >>> names.find("Session cache"), names.find("Component:staging/web"), names.find("mail")
    (1, 2, None)
    """

    def __init__(self, known: Iterable[KnownName]) -> None:
        self._by_ref: dict[Ref, int] = {}
        self._listed: defaultdict[str, set[int]] = defaultdict(set)
        self._gone: defaultdict[str, set[int]] = defaultdict(set)
        self._ordinary: defaultdict[str, set[int]] = defaultdict(set)
        for one in known:
            self._by_ref.setdefault(one.name, one.entity)
            if kind_of(one.name) in _NAMED_ALOUD:
                said = self._listed if one.is_listed else self._gone
                said[_plain(short_name(one.name))].add(one.entity)
                if one.is_listed and ":default/" in one.name:
                    self._ordinary[_plain(short_name(one.name))].add(one.entity)

    def find(self, printed: str) -> int | None:
        """Return the entity that goes by a ref or alias, or alone by a short name; ``None`` if that cannot be told.

        Of several of one short name, the one in the default namespace is meant, if that is one.

        What no source lists any more is meant only by a name that nothing else has.
        """
        try:
            ref = parse_ref(printed)
        except InvalidInput:
            named = self._listed.get(_plain(printed)) or self._gone.get(_plain(printed), set())
            if len(named) > 1:
                # Of several deployments people mean the ordinary one, unless they say which.
                named = self._ordinary.get(_plain(printed), set())
            return next(iter(named)) if len(named) == 1 else None
        return self._by_ref.get(ref)


def _plain(name: str) -> str:
    return "-".join(name.casefold().replace("_", " ").replace("-", " ").split())
