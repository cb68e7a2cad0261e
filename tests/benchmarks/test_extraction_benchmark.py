"""How fast documents are read and understood, against parsing their Markdown alone in the same run."""

import time
from collections.abc import Callable, Sequence
from random import Random

import pytest
from markdown_it import MarkdownIt

from tracker.core.documents import read_document
from tracker.core.extraction import extract

THINGS = ["queue", "cache", "certificate", "balancer", "replica", "disk", "scheduler", "gateway"]
DEEDS = [
    "Add an alert on the",
    "Replace the",
    "Document how to restart the",
    "Test the",
    "Limit retries to the",
]
REMARKS = ["was full at noon", "had no timeout", "was restarted twice", "should be smaller", "answered late"]
HEADINGS = ["Summary", "Impact", "Timeline", "Root cause", "Lessons learned", "Action items", "Next steps"]


def report(chance: Random, sections: int) -> str:
    """Return an invented report with prose, lists, a table and links."""
    parts = ["---\ntitle: Outage\ndate: 2026-05-04\n---\n\n# Outage\n"]
    for number in range(sections):
        parts.append(f"\n## {HEADINGS[number % len(HEADINGS)]}\n")
        sentences = [
            f"The {chance.choice(THINGS)} {chance.choice(REMARKS)} `{chance.random():.3f}`." for _ in range(6)
        ]
        parts.append("\n".join(sentences) + "\n")
        for _ in range(6):
            deed, thing, ticket = chance.choice(DEEDS), chance.choice(THINGS), chance.randrange(1000)
            parts.append(
                f"- **{deed}** {thing} {ticket} ([#{ticket}](https://example.org/{ticket}), owner: Runa, P1)"
            )
        parts.append("\n| Action | Owner | Due |\n|---|---|---|")
        parts.extend(
            f"| Check the {thing} {chance.random():.4f} | Ola | 2026-06-01 |" for thing in THINGS[:4]
        )
    return "\n".join(parts) + "\n"


def seconds(work: Callable[[str], object], texts: Sequence[str]) -> float:
    """Return the best of three runs over all texts: noise only ever adds."""
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        for text in texts:
            work(text)
        best = min(best, time.perf_counter() - began)
    return best


def understand(text: str) -> object:
    return extract(read_document("report.md", text.encode()))


@pytest.fixture
def chance():
    return Random(20260504)


def test_extraction_costs_a_small_multiple_of_parsing(chance, capsys):
    texts = [report(chance, 8) for _ in range(12)]
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])

    parsing, whole = seconds(parser.parse, texts), seconds(understand, texts)

    with capsys.disabled():
        print(  # noqa: T201 - the figure is what a benchmark is for
            f"\nextract: {len(texts) / whole:.0f} documents/s ({len(texts[0]) / 1000:.1f} kB each), "
            f"{whole / parsing:.2f} x the {len(texts) / parsing:.0f} documents/s of the Markdown parser alone"
        )
    assert whole / parsing < 6


def test_the_cost_grows_in_step_with_the_length(chance):
    short, long = report(chance, 10), report(chance, 80)

    growth = seconds(understand, [long]) / seconds(understand, [short])

    assert growth < 2 * len(long) / len(short)
