"""Revisions of a document: which of what it says now is what it said before."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz, process, utils
from scipy.optimize import linear_sum_assignment

SAME = 62.0
"""Similarity, of 100, from which two wordings are taken for one thing. Unrelated pairs of real items score about 30
to 45 by this measure, rewordings mostly above 65."""


@dataclass(frozen=True, slots=True)
class Wording:
    """Something that a document says: its words, and the tickets and links that identify it."""

    text: str
    links: tuple[str, ...] = ()
    withdrawn: bool = False
    """The document stopped saying it before; of two that are equally alike, what still stands is meant."""


def match_wordings(before: Sequence[Wording], after: Sequence[Wording]) -> dict[int, int]:
    """Return ``{index after: index before}`` for what is the same in both; what is in neither is new or gone.

    A link that one wording alone cites on each side decides first, then equal words; the rest by the assignment that makes
    the sum of similarities greatest (Hungarian method, ``scipy.optimize.linear_sum_assignment``). Cost: wordings before
    times after.
    """
    matched = _by_link(before, after)
    matched |= _by_words(before, after, matched)
    old = [i for i in range(len(before)) if i not in matched.values()]
    new = [i for i in range(len(after)) if i not in matched]
    if old and new:
        similarity = process.cdist(
            [after[i].text for i in new],
            [before[i].text for i in old],
            scorer=fuzz.token_sort_ratio,
            processor=utils.default_process,
        )
        # Equal likeness is broken by what still stands, then by order: what stood first stays first.
        distance = np.abs(np.linspace(0, 1, len(new))[:, None] - np.linspace(0, 1, len(old))[None, :])
        handicap = distance / 10 + np.array([before[i].withdrawn for i in old])[None, :] / 5
        rows, columns = linear_sum_assignment(
            np.where(similarity >= SAME, similarity - handicap, 0), maximize=True
        )
        matched |= {new[r]: old[c] for r, c in zip(rows, columns, strict=True) if similarity[r, c] >= SAME}
    return matched


def _by_link(before: Sequence[Wording], after: Sequence[Wording]) -> dict[int, int]:
    old, new = _cited_once(before), _cited_once(after)
    matched: dict[int, int] = {}
    for link in sorted(old.keys() & new.keys()):
        if new[link] not in matched and old[link] not in matched.values():
            matched[new[link]] = old[link]
    return matched


def _by_words(
    before: Sequence[Wording], after: Sequence[Wording], matched: Mapping[int, int]
) -> dict[int, int]:
    """Match equal words in their order: a similar neighbour must not take what did not change at all."""
    old: defaultdict[str, list[int]] = defaultdict(list)
    taken = set(matched.values())
    for index in sorted(range(len(before)), key=lambda i: (before[i].withdrawn, i)):
        if index not in taken:
            old[before[index].text].append(index)
    unmatched = (index for index in range(len(after)) if index not in matched and old[after[index].text])
    return {index: old[after[index].text].pop(0) for index in unmatched}


def _cited_once(wordings: Sequence[Wording]) -> dict[str, int]:
    citing: dict[str, list[int]] = {}
    for index, wording in enumerate(wordings):
        for link in set(wording.links):
            citing.setdefault(link, []).append(index)
    return {link: indexes[0] for link, indexes in citing.items() if len(indexes) == 1}
