import json
import re
from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.strategies import patterns
from tracker.core.catalog import DEPENDENCIES, RelationType
from tracker.core.errors import InvalidPattern
from tracker.core.patterns import Pattern, parse_pattern
from tracker.core.patterns.language import (
    All,
    AtLeast,
    AttributeIs,
    Comparison,
    Direction,
    FactTest,
    HasTag,
    Not,
    Reaches,
    Related,
)

START = "pattern: p\n"


def refusal(text: str) -> str:
    with pytest.raises(InvalidPattern) as refused:
        parse_pattern(text, "file.yaml")
    return str(refused.value)


# The text after the first line, the line of the error, and words that it says.
REFUSED: list[tuple[str, int, str]] = [
    ("", 1, "says nothing about what it matches"),
    ("applies_to: {kind: component}", 1, "says nothing about what it matches"),
    ("knid: component", 2, "unknown key 'knid'; expected one of a"),
    ("~: component", 2, "unknown key '~'"),
    ("7: component", 2, "unknown key '7'"),
    ("[a, b]: component", 2, "expected a word"),
    ("{a: b}: component", 2, "expected a word"),
    ("? [a]\n: component", 2, "expected a word"),
    ("<<: {kind: component}", 2, "unknown key '<<'"),
    ("kind: component\npattern: q", 3, "'pattern' is said twice"),
    ("all:\n- kind: component\n  kind: api", 4, "'kind' is said twice"),
    ("kind: service", 2, "unknown kind 'service'; expected one of component"),
    ("kind: 7", 2, "unknown kind 7"),
    ("kind:", 2, "expected a value"),
    ("kind: []", 2, "expected a value or a list of values"),
    ("kind: [component, ~]", 2, "expected a value"),
    ("kind: {a: b}", 2, "expected one value"),
    ("kind:\n- component\n- [api]", 4, "expected one value"),
    ("about: [long]\nkind: component", 2, "expected a word"),
    ("applies_to: [kind]\nkind: component", 2, "expected a mapping with leaves"),
    ("applies_to:\nkind: component", 2, "expected a mapping with leaves"),
    ("applies_to: {}\nkind: component", 2, "at least one leaf"),
    ("all:", 2, "list of at least one predicate"),
    ("all: []", 2, "list of at least one predicate"),
    ("all: {kind: component}", 2, "list of at least one predicate"),
    ("any:\n- kind: component\n- component", 4, "expected a mapping with leaves"),
    ("not: []", 2, "expected a mapping with leaves"),
    ("not: {}", 2, "at least one leaf"),
    ("at_least: 2", 2, "expected a mapping with n, of"),
    ("at_least: {n: 1}", 2, "'of' is missing"),
    ("at_least:\n  n: 3\n  of: [{kind: api}]", 3, "at least 3 of 1 can never hold"),
    ("at_least:\n  of: [{kind: api}]\n  n: 0", 4, "a whole number, 1 or more"),
    ("at_least: {n: 1.0, of: [{kind: api}]}", 2, "a whole number"),
    ("at_least: {n: true, of: [{kind: api}]}", 2, "a whole number"),
    ("fact: [a, b]\nequals: 7", 2, "expected a word"),
    ("fact:\nequals: 7", 2, "expected a word"),
    ("fact: a\nexists: yes", 3, "'exists' is true or false"),
    ("fact: a\nexists: ~", 3, "'exists' is true or false"),
    ("fact: a\nless: five", 3, "'less' takes a number"),
    ("fact: a\ngreater: true", 3, "'greater' takes a number"),
    ("fact: a\ngreater: .inf", 3, "'greater' takes a number"),
    ("fact: a\nequals: [1]", 3, "expected one value"),
    ("fact: a\nin: 1", 3, "'in' takes a list of values"),
    ("fact: a\nin: []", 3, "'in' takes a list of values"),
    ("fact: a\nmatches: '('", 3, "not a regular expression"),
    ("contains: redis", 2, "is not an entity ref"),
    ("contains: component:default/a", 2, "is not a package URL"),
    ("contains: pkg:pypi/redis@4.5", 2, "name the package alone (pkg:pypi/redis)"),
    ("contains: {versions: '<5'}", 2, "'package' is missing"),
    ("contains:\n  package: pkg:pypi/redis\n  versions: '<<5'", 4, "is not a version range"),
    ("contains:\n  package: pkg:pypi/redis\n  versions: vers:npm/<5", 4, "is of scheme 'npm'"),
    ("contains:\n  package: pkg:docker/redis\n  versions: <5", 4, "cannot be compared"),
    ("relation: calls", 2, "expected a mapping with at_least, at_most, direction"),
    ("relation: {to: {kind: api}}", 2, "'type' is missing"),
    ("relation:\n  type: phones", 3, "'phones' is not one of depends_on, calls"),
    ("relation:\n  type: calls\n  direction: up", 4, "'up' is not one of out, in"),
    ("relation:\n  type: calls\n  at_least: 3\n  at_most: 2", 4, "can never both hold"),
    ("relation: {type: calls, at_most: -1}", 2, "a whole number, 0 or more"),
    ("relation:\n  type: calls\n  where: {kind: api}", 4, "what the other end is goes under 'to'"),
    ("relation:\n  type: calls\n  where: {not: {any: [{tag: a}]}}", 4, "goes under 'to'"),
    ("relation:\n  type: calls\n  to:\n    hops: 1", 5, "unknown key 'hops'"),
    ("reaches: {hops: 1}", 2, "'to' is missing"),
    ("reaches:\n  to: {kind: api}\n  hops: 0", 4, "a whole number, 1 or more"),
    ("reaches:\n  to: {kind: api}\n  hops: all", 4, "a whole number, 1 or more"),
    ("reaches:\n  to: {kind: api}\n  via: [phones]", 4, "'phones' is not one of"),
    ("reaches:\n  to: {kind: api}\n  via: []", 4, "'via' names at least one relation"),
    ("tag: !!binary aGk=", 2, "unsupported tag"),
    ("tag: !!python/name:os.system x", 2, "unsupported tag"),
    ("tag: *a", 2, "anchors and aliases are not supported"),
    ("\tkind: component", 2, "not YAML"),
    ("all:\n\t- kind: component", 3, "not YAML"),
    ("kind: 'component", 2, "not YAML"),
    ("kind: component\n---\nkind: api", 3, "not YAML"),
    ("kind: [component", 2, "not YAML"),
    ("kind: {{ kind }}", 2, "expected one value"),
    ("kind: component\r\nkind: api\r\n", 3, "'kind' is said twice"),
]


@pytest.mark.parametrize(("text", "line", "words"), REFUSED)
def test_what_is_no_pattern_is_refused_at_its_line(text: str, line: int, words: str) -> None:
    said = refusal(START + text)
    assert said.startswith(f"file.yaml:{line}: ")
    assert words in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the pattern is empty"),
        ("# nothing", "the pattern is empty"),
        ("- pattern: p", "file.yaml:1: a pattern is a mapping"),
        ("p", "file.yaml:1: a pattern is a mapping"),
        ("kind: component", "file.yaml:1: the pattern has no name"),
        ("pattern:\nkind: component", "file.yaml:1: expected a word"),
        ("pattern: Two Words\nkind: component", "file.yaml:1: 'Two Words' must be lower-case words"),
        ("pattern: [p]\nkind: component", "file.yaml:1: expected a word"),
        ("pattern: p\nkind: \0", "not YAML"),
        ("pattern: p\nkind: \ud800", "not YAML"),
        ("%YAML 9.9\n---\npattern: p", "file.yaml:1: not YAML"),
        ("x" * 1_000_000, "a pattern has at most"),
    ],
)
def test_what_is_no_pattern_at_all_is_refused(text: str, words: str) -> None:
    assert words in refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        START + "all: " + "[" * 10_000,
        START + "not: " + "{not: " * 10_000,
        START + "? " * 10_000,
        START + "\n".join(" " * depth + "not:" for depth in range(200)),
    ],
    ids=["lists", "mappings", "keys", "indented"],
)
def test_a_bottomless_text_is_refused(text: str) -> None:
    assert re.search("nested|not YAML", refusal(text))


def test_a_bomb_of_aliases_is_refused_before_it_goes_off() -> None:
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    assert "anchors and aliases" in refusal("\n".join([START + "a0: &a0 [x]", *levels]))


def test_words_are_words_where_an_older_yaml_read_them_as_something_else() -> None:
    body = parse_pattern(START + "platform: [no, on, 1:30, 2026-03-01, 0x1F, 1_000]").body
    assert body == AttributeIs("/platform", "platform", ("no", "on", "1:30", "2026-03-01", "0x1F", "1_000"))


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffpattern: p\nkind: component\n",
        "pattern: p\r\nkind: component\r\n",
        "pattern: p\rkind: component",
        '{"pattern": "p", "kind": "component"}',
        "---\npattern: p\nkind: [component]\n...\n",
        "# about\npattern: p # name\nkind: 'component'\n",
    ],
    ids=["byte order mark", "windows", "old mac", "json", "document markers", "comments"],
)
def test_the_same_pattern_may_be_written_in_many_ways(text: str) -> None:
    pattern = parse_pattern(text)
    assert pattern.body == AttributeIs("/kind", "kind", ("component",))
    assert (pattern.name, pattern.text) == ("p", text)


def test_a_pattern_keeps_its_words_in_any_script() -> None:
    pattern = parse_pattern("pattern: p\nabout: Grüße 🚒\ntag: [京都, 'a b']\n")
    assert (pattern.about, pattern.body) == ("Grüße 🚒", HasTag("/tag", ("京都", "a b")))
    assert pattern.definition == {"pattern": "p", "about": "Grüße 🚒", "tag": ["京都", "a b"]}


def test_every_leaf_and_connective_is_read() -> None:
    body = parse_pattern(
        """
pattern: p
all:
  - {fact: pool.max, greater: 0, less: 5}
  - any: [{kind: component}, {tag: a}]
  - not: {type: cache}
  - at_least: {n: 2, of: [{tier: 1}, {lifecycle: production}]}
  - relation: {type: uses, direction: in, to: {kind: api}, where: {fact: n, in: [1, ~]}, at_most: 1}
  - reaches: {to: {kind: resource}, hops: any, via: depends_on}
"""
    ).body
    assert body == All(
        "/all",
        (
            All(
                "/all/0",
                (
                    FactTest("/all/0/fact", "pool.max", Comparison.GREATER, 0),
                    FactTest("/all/0/fact", "pool.max", Comparison.LESS, 5),
                ),
            ),
            AtLeast(
                "/all/1/any",
                1,
                (
                    AttributeIs("/all/1/any/0/kind", "kind", ("component",)),
                    HasTag("/all/1/any/1/tag", ("a",)),
                ),
            ),
            Not("/all/2/not", AttributeIs("/all/2/not/type", "type", ("cache",))),
            AtLeast(
                "/all/3/at_least",
                2,
                (
                    AttributeIs("/all/3/at_least/of/0/tier", "tier", (1,)),
                    AttributeIs("/all/3/at_least/of/1/lifecycle", "lifecycle", ("production",)),
                ),
            ),
            Related(
                "/all/4/relation",
                RelationType.USES,
                Direction.IN,
                AttributeIs("/all/4/relation/to/kind", "kind", ("api",)),
                FactTest("/all/4/relation/where/fact", "n", Comparison.IN, (1, None)),
                None,
                1,
            ),
            Reaches(
                "/all/5/reaches",
                AttributeIs("/all/5/reaches/to/kind", "kind", ("resource",)),
                None,
                DEPENDENCIES,
            ),
        ),
    )


def test_reach_is_bounded_unless_the_pattern_says_otherwise() -> None:
    body = parse_pattern(START + "reaches: {to: {kind: api}}").body
    assert isinstance(body, Reaches)
    assert body.hops == 3


@given(patterns())
@settings(max_examples=60, deadline=None)
def test_a_pattern_reads_the_same_from_json_and_yaml_and_keeps_its_data(pattern: dict[str, Any]) -> None:
    from_json = parse_pattern(json.dumps(pattern))
    from_yaml = parse_pattern(yaml.safe_dump(json.loads(json.dumps(pattern)), sort_keys=False))
    assert from_json.definition == from_yaml.definition == pattern
    assert (from_json.applies_to, from_json.body) == (from_yaml.applies_to, from_yaml.body)


WORDS = [
    "about",
    "all",
    "any",
    "not",
    "at_least",
    "n",
    "of",
    "fact",
    "exists",
    "equals",
    "in",
    "less",
    "greater",
    "matches",
    "contains",
    "package",
    "versions",
    "relation",
    "type",
    "direction",
    "to",
    "where",
    "at_most",
    "reaches",
    "hops",
    "via",
    "kind",
    "tag",
]
SCALARS = [
    "component",
    "calls",
    "out",
    "any",
    "true",
    "~",
    "''",
    "-1",
    "1e3",
    "07",
    "pkg:pypi/redis",
    "<5",
    "(",
    "!x",
]
yaml_structures = st.recursive(
    st.sampled_from(SCALARS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(st.sampled_from(WORDS), inner, max_size=4).map(
            lambda entries: "{" + ", ".join(f"{key}: {value}" for key, value in entries.items()) + "}"
        ),
    ),
    max_leaves=12,
)


def read_or_refused(text: str) -> None:
    with suppress(InvalidPattern):
        assert isinstance(parse_pattern(text), Pattern)


@given(st.text(max_size=200) | st.text("pattern: ab\n-[]{}&*!?|>'\"#%@`,~0\t", max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_pattern_or_is_refused(text: str) -> None:
    read_or_refused(text)
    read_or_refused(START + text)


@given(st.dictionaries(st.sampled_from(WORDS), yaml_structures, min_size=1, max_size=4))
@settings(max_examples=300, deadline=None)
def test_any_structure_of_the_languages_words_is_a_pattern_or_is_refused(entries: dict[str, str]) -> None:
    read_or_refused(START + "\n".join(f"{key}: {value}" for key, value in entries.items()))
