"""Whatever is written is read back, and nothing makes the reader fail but a refusal."""

import gzip
import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.jsonl_catalog import connect
from tracker.core.catalog import (
    ATTRIBUTES,
    LEAVES_FROM,
    CoverageStatement,
    EntityAssertion,
    EntityKind,
    RelationAssertion,
    RelationType,
    SourceSnapshot,
    Value,
    kind_of,
    parse_ref,
)
from tracker.core.errors import InvalidCatalog


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as name:
        yield Path(name)


def write(snapshot: SourceSnapshot) -> str:
    """Write a snapshot in the neutral format, for the test alone: owners as relations, nothing in shorthand."""
    header = {
        "elsewhere": 1,
        "source": snapshot.source,
        "kind": snapshot.kind,
        "observed_at": snapshot.observed_at.isoformat(),
    }
    lines: list[dict[str, Any]] = [header]
    for entity in snapshot.entities:
        line = {"entity": entity.ref, **entity.attributes, "aliases": entity.aliases, "facts": entity.facts}
        lines.append(line if entity.tags is None else {**line, "tags": entity.tags})
    lines += [
        {"from": one.from_ref, "to": one.to_ref, "relation": one.relation, "facts": one.facts}
        for one in snapshot.relations
    ]
    lines += [{"covers": one.entities, "for": one.questions} for one in snapshot.coverage]
    return "".join(f"{json.dumps(line)}\n" for line in lines)


visible: st.SearchStrategy[str] = st.text(
    st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20
)
values: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=50),
)
facts = st.dictionaries(visible, values, max_size=3)
kinds = st.sampled_from([kind for kind in EntityKind if kind is not EntityKind.PACKAGE])
refs = st.one_of(
    st.builds(lambda kind, name: parse_ref(f"{kind}:{name}"), kinds, st.sampled_from("abcdefgh")),
    st.sampled_from([parse_ref(text) for text in ("pkg:pypi/redis", "pkg:npm/@a/b", "pkg:generic/c%20d")]),
)
times = st.datetimes(timezones=st.just(UTC))
globs = st.sampled_from(["*", "component:*", "resource:prod/[a-m]?*", "pkg:npm/%40a/*", "group:default/a"])
tiers: st.SearchStrategy[Value] = st.integers(1, 9)
questions = st.sampled_from(["entities", "contains", "calls:in", "uses:fact:a.*", "fact:*", "attribute:tier"])


@st.composite
def entities(draw: st.DrawFn) -> tuple[EntityAssertion, ...]:
    names = draw(st.lists(refs, unique=True, max_size=8))
    listed: list[EntityAssertion] = []
    while names:
        count = draw(st.integers(1, min(3, len(names))))
        (ref, *aliases), names = names[:count], names[count:]
        attributes: dict[str, Value] = {
            name: draw(st.none() | (tiers if name == "tier" else visible))
            for name in draw(st.sets(st.sampled_from(ATTRIBUTES)))
        }
        tags = draw(st.none() | st.lists(visible, unique=True, max_size=3).map(tuple))
        listed.append(EntityAssertion(ref, attributes, tags, tuple(aliases), draw(facts)))
    return tuple(listed)


@st.composite
def relations(draw: st.DrawFn) -> RelationAssertion:
    relation = draw(st.sampled_from(RelationType))
    from_ref = draw(refs.filter(lambda ref: kind_of(ref) in LEAVES_FROM[relation]))
    owners = (EntityKind.GROUP, EntityKind.USER)
    to_ref = draw(
        refs.filter(
            lambda ref: ref != from_ref and (relation != RelationType.OWNED_BY or kind_of(ref) in owners)
        )
    )
    said = draw(facts)
    if relation is RelationType.CONTAINS:
        said["version"] = draw(visible)
    return RelationAssertion(from_ref, to_ref, relation, said)


snapshots = st.builds(
    SourceSnapshot,
    visible,
    visible,
    times,
    entities(),
    st.lists(relations(), max_size=5, unique_by=repr).map(tuple),
    st.lists(
        st.builds(CoverageStatement, globs, st.lists(questions, min_size=1, max_size=3).map(tuple)),
        max_size=3,
        unique=True,
    ).map(tuple),
)


@given(snapshots, st.booleans())
@settings(deadline=None)
def test_what_is_written_is_read_back(folder: Path, snapshot: SourceSnapshot, compressed: bool) -> None:
    content = write(snapshot).encode()
    file = folder / "written.jsonl"
    file.write_bytes(gzip.compress(content) if compressed else content)
    read = connect({}).read(str(file))
    assert read == snapshot
    # True, 1 and 1.0 are equal, and yet different facts.
    assert repr(read.relations) == repr(snapshot.relations)


HEADER = b'{"elsewhere": 1, "source": "s", "kind": "k", "observed_at": "2026-11-02T04:15:00Z"}\n'


@given(st.sampled_from([b"", HEADER, b"\x1f\x8b\x08\0"]), st.binary(max_size=200))
@example(b"", b"\x1f\x8b")
@settings(deadline=None)
def test_random_bytes_are_read_or_refused(folder: Path, before: bytes, content: bytes) -> None:
    file = folder / "random.jsonl"
    file.write_bytes(before + content)
    with suppress(InvalidCatalog):
        connect({}).read(str(file))


texts = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["component:", "pkg:", "*:", "group:a/"]).flatmap(
        lambda head: st.text(max_size=12).map(head.__add__)
    ),
    refs,
    st.sampled_from([*RelationType, "fact:*", "attribute:*", "2026-11-02T04:15:00Z"]),
)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
)
members = st.sampled_from(
    [
        *("elsewhere", "source", "kind", "observed_at"),
        *("entity", *ATTRIBUTES, "owner", "tags", "aliases", "facts"),
        *("from", "to", "relation", "covers", "for", "typo"),
    ]
)
right: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        json.loads(HEADER),
        {"entity": "component:a", "type": "t", "tier": 1, "owner": "group:g", "tags": ["t"], "aliases": [], "facts": {"f": 1}},
        {"from": "component:a", "to": "component:b", "relation": "calls", "facts": {"f": 1}},
        {"covers": "component:*", "for": ["contains"]},
    ]
)  # fmt: skip


@given(st.lists(st.tuples(right, st.dictionaries(members, anything, max_size=2)), max_size=3))
@settings(deadline=None, max_examples=200)
def test_lines_with_random_members_are_read_or_refused(
    folder: Path, lines: list[tuple[dict[str, Any], dict[str, Any]]]
) -> None:
    file = folder / "members.jsonl"
    file.write_bytes(
        HEADER + b"".join(json.dumps({**line, **other}).encode() + b"\n" for line, other in lines)
    )
    with suppress(InvalidCatalog):
        snapshot = connect({}).read(str(file))
        assert all(parse_ref(entity.ref) == entity.ref for entity in snapshot.entities)


@given(st.text(max_size=30))
@settings(deadline=None, max_examples=200)
def test_a_package_url_of_any_text_is_read_or_refused(folder: Path, text: str) -> None:
    file = folder / "package.jsonl"
    file.write_bytes(HEADER + json.dumps({"entity": f"pkg:{text}"}).encode())
    with suppress(InvalidCatalog):
        [entity] = connect({}).read(str(file)).entities
        assert parse_ref(entity.ref) == entity.ref
