"""What an evaluation found, with its reasons."""

from collections.abc import Iterable
from dataclasses import dataclass

from tracker.core.catalog import Ref, RelationType
from tracker.core.patterns.truth import Truth


@dataclass(frozen=True, slots=True)
class Step:
    """One edge of a path that a finding points at."""

    from_ref: Ref
    relation: RelationType
    to_ref: Ref


@dataclass(frozen=True, slots=True)
class Question:
    """What a source would have to look at to settle an unknown: a coverage question about one entity.

    One that is ``answered`` got answers that disagree, or that cannot be compared with what is asked.
    """

    question: str
    about: Ref
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to one node of a pattern for one entity, with its reasons.

    ``leaf`` is the node's JSON pointer in the pattern. ``parts`` are the findings that decided this one; a
    ``connective`` says nothing of its own beside them. ``questions`` would settle an answer that is unknown by itself.
    """

    truth: Truth
    about: Ref
    leaf: str
    says: str
    sources: tuple[str, ...] = ()
    path: tuple[Step, ...] = ()
    questions: tuple[Question, ...] = ()
    parts: tuple["Finding", ...] = ()
    connective: bool = False

    def support(self) -> tuple["Finding", ...]:
        """Return the leaves that by themselves make the answer what it is, each once, in the pattern's order."""
        return tuple(dict.fromkeys(self._leaves()))

    def _leaves(self) -> Iterable["Finding"]:
        if not self.connective:
            yield self
        for part in self.parts:
            yield from part._leaves()  # noqa: SLF001 - its own kind
