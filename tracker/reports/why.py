"""Why an entity is exposed, ruled out or cannot be told: its finding tree, for machines and for a terminal."""

from collections.abc import Iterator
from datetime import datetime

from rich.text import Text
from rich.tree import Tree

from tracker.core.dependency_graph import CatalogGraph
from tracker.core.exposures import ExposureVerdict
from tracker.core.patterns import Finding, Truth
from tracker.core.where_else import Verdict
from tracker.reports.shape import Shape
from tracker.reports.where_else import SettlingShape, StepShape, steps
from tracker.reports.wording import age, brief, familiar

_IN_WORDS = {
    ExposureVerdict.EXPOSED: "is exposed",
    ExposureVerdict.UNKNOWN: "cannot be told",
    ExposureVerdict.NOT_EXPOSED: "is ruled out",
}
_STYLES = {"T": "green", "F": "red", "U": "yellow"}


class SaidByShape(Shape):
    """A source behind a finding, and when it looked."""

    source: str
    observed_at: datetime


class FindingShape(Shape):
    """The answer to one node of a pattern: ``T``, ``F`` or ``U`` for cannot tell. ``parts`` are those that decided it."""

    truth: str
    leaf: str
    about: str
    says: str
    sources: list[SaidByShape]
    path: list[StepShape]
    questions: list[SettlingShape]
    parts: list["FindingShape"]


class PatternVerdictShape(Shape):
    """What one pattern says of the entity; ``body`` is not asked where the pattern does not apply."""

    pattern: str
    version: int
    applies_to: FindingShape
    body: FindingShape | None


class WhyShape(Shape):
    """The answer of all of a lesson's patterns for one entity, with all of its reasons."""

    ref: str
    verdict: ExposureVerdict
    observed_at: datetime | None
    patterns: list[PatternVerdictShape]


def why_shape(verdict: Verdict, graph: CatalogGraph) -> WhyShape:
    """Return the reasons of a verdict in their public shape."""
    return WhyShape(
        ref=verdict.ref,
        verdict=ExposureVerdict.of(verdict.truth),
        observed_at=graph.latest,
        patterns=[
            PatternVerdictShape(
                pattern=versioned.pattern.name,
                version=versioned.version,
                applies_to=_finding(applies, graph),
                body=_finding(body, graph) if applies.truth is not Truth.FALSE else None,
            )
            for versioned, applies, body in verdict.findings
        ],
    )


def why_tree(shape: WhyShape) -> Tree:
    """Return the reasons as a tree for a terminal: each answer, what it says, and the leaf, source and age behind it."""
    tree = Tree(Text(f"{familiar(brief(shape.ref))} {_IN_WORDS[shape.verdict]}", style="bold"))
    for one in shape.patterns:
        branch = tree.add(Text(f"{brief(one.pattern)}, version {one.version}"))
        for name, finding in (("applies to", one.applies_to), ("pattern", one.body)):
            if finding is None:
                branch.add(Text(f"{name}: not asked, because it does not apply", style="dim"))
            else:
                _grow(branch, finding, shape, f"{name}: ")
    return tree


def _finding(finding: Finding, graph: CatalogGraph) -> FindingShape:
    return FindingShape(
        truth=finding.truth.value,
        leaf=finding.leaf,
        about=finding.about,
        says=finding.says,
        sources=[SaidByShape(source=one, observed_at=graph.observed_at[one]) for one in finding.sources],
        path=steps(finding.path),
        questions=[
            SettlingShape(
                question=one.question,
                about=one.about,
                sources=list(graph.could_settle(one.question)),
                answered=one.answered,
            )
            for one in finding.questions
        ],
        parts=[_finding(part, graph) for part in finding.parts],
    )


def _grow(tree: Tree, finding: FindingShape, shape: WhyShape, before: str = "") -> None:
    label = Text().append(finding.truth, style=f"bold {_STYLES[finding.truth]}")
    about = "" if finding.about == shape.ref or finding.path else f"{finding.about}: "
    label.append(f" {before}{familiar(brief(about + finding.says))}")
    label.append("".join(f"\n  {words}" for words in _behind(finding, shape)), style="dim")
    branch = tree.add(label)
    for part in finding.parts:
        _grow(branch, part, shape)


def _behind(finding: FindingShape, shape: WhyShape) -> Iterator[str]:
    """Yield a finding's place in the pattern, who says so and when, and what would settle it."""
    said_by = (
        f"{brief(one.source)}, {age(one.observed_at, shape.observed_at or one.observed_at)}"
        for one in finding.sources
    )
    yield "; ".join((brief(finding.leaf), *said_by))
    for question in finding.questions:
        who = ", ".join(question.sources)
        would = f"{who} could look" if who else "no source looks at this yet"
        if question.answered:
            would = "it is for people to find out which answer is right"
        yield familiar(brief(f"to settle: {question.question} about {question.about}; {would}"))
