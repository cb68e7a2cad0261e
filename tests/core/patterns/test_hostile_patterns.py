"""Texts that once got through the reader of patterns, or broke it."""

import subprocess
import sys

import pytest

from tests.core.catalogs import A, edge, entity, find, source
from tracker.core.catalog import Ref
from tracker.core.errors import InvalidPattern
from tracker.core.patterns import Truth, parse_pattern
from tracker.core.patterns.language import Contains, FactTest, HasTag

START = "pattern: p\n"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (f"fact: a\nequals: {'9' * 5000}", 3, "is no int that can be kept"),
        ("fact: a\nequals: !!int many", 3, "'many' is no int"),
        ("fact: a\nequals: !!float many", 3, "'many' is no float"),
        ("fact: a\nequals: !!bool many", 3, "'many' is no bool"),
        ("fact: a\nless: 1e999", 3, "'1e999' is no float"),
        ("fact: a\nequals: !own:int 7", 3, "unsupported tag '!own:int'"),
        ("fact: a\nequals: !<x:str> 7", 3, "unsupported tag 'x:str'"),
        ("all: !!python/object:os.system\n- kind: api", 2, "unsupported tag"),
        ("tag: !!python/object/apply:os.system [x]", 2, "unsupported tag"),
        ("tag: &once x", 2, "anchors and aliases are not supported"),
        ("kind: api\nany_of:\n- kind: component", 3, "unknown key 'any_of'"),
        ("relation:\n  type: calls\n  too:\n    kind: api", 4, "unknown key 'too'"),
        ("kind: api\nequals: 7", 3, "add 'fact: its.name' beside it"),
        ("kind: api\nfact: pool.max", 3, "say how the fact 'pool.max' compares"),
        ("kind: \0", 2, "not YAML"),
        ("about: x\nkind: \ud800", 3, "not YAML"),
        ('kind: api\nabout: "a\\0b"', 3, "holds a NUL or half a surrogate pair"),
        ('all:\n- tag: "\\ud800"', 3, "holds a NUL or half a surrogate pair"),
        ("all:\n" + "- " * 100 + "x", 3, "nested more than 40 levels deep"),
        ("fact: a\nmatches: " + "(" * 5_000 + ")" * 5_000, 3, "not a regular expression"),
        ("fact: a\nmatches: 'a{99999999999}'", 3, "repeats more than"),
        (f"fact: a\nmatches: 'a{{{'9' * 5000}}}'", 3, "not a regular expression"),
        ("kind: api\n---\nkind: api", 3, "expected a single document"),
        ("contains: {package: pkg:pypi/redis, versions: '<1|<2'}", 2, "is not a version range"),
        ("contains: {package: pkg:pypi/redis, versions: '<2|>=2'}", 2, "is not a version range"),
        ("contains: {package: pkg:nuget/redis, versions: <latest}", 2, "is not a version range"),
    ],
)
def test_it_is_refused_at_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(InvalidPattern) as refused:
        parse_pattern(START + text, "file.yaml")
    assert str(refused.value).startswith(f"file.yaml:{line}: ")
    assert words in str(refused.value)


def test_a_regular_expression_that_would_fill_the_memory_is_refused() -> None:
    program = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30));"
        "from tracker.core.patterns import parse_pattern;"
        r"parse_pattern('pattern: p\nfact: a\nmatches: ((((a{1000}){1000}){1000}){1000})')"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert "InvalidPattern: pattern:3: the regular expression repeats more than" in ran.stderr


def test_numbers_are_read_as_people_write_them() -> None:
    body = parse_pattern(START + "fact: a\nin: [010, 09, -7, +7, 1e3, .5]").body
    assert isinstance(body, FactTest)
    assert body.operand == (10, 9, -7, 7, 1000.0, 0.5)


def test_tags_and_expressions_are_kept_as_written() -> None:
    assert parse_pattern(START + "tag: [1.0, 010, true, 1e3]").body == HasTag(
        "/tag", ("1.0", "010", "true", "1e3")
    )
    said = source("iac", entity(A, facts={"tls": True, "level": "~"}))
    assert find("fact: tls\nmatches: true", A, said).truth is Truth.TRUE
    assert find("fact: level\nmatches: ~", A, said).truth is Truth.TRUE


@pytest.mark.parametrize(
    "kind", ["alpm", "apk", "deb", "ebuild", "gem", "golang", "maven", "npm", "nuget", "pypi", "rpm"]
)
def test_a_version_that_cannot_be_read_is_unknown_in_every_scheme(kind: str) -> None:
    body = f"contains: {{package: 'pkg:{kind}/redis', versions: '>=1.0|<2.0'}}"
    leaf = parse_pattern(START + body).body
    assert isinstance(leaf, Contains)
    assert leaf.versions is not None
    assert leaf.versions.contains("1.5")
    assert leaf.versions.contains("2.5") is False
    for nonsense in ("", "*", "é", "../..", "{}"):
        assert leaf.versions.contains(nonsense) in (None, False, True)


@pytest.mark.parametrize(
    "kind", ["maven", "npm", "golang", "gem", "deb", "cargo", "composer", "nuget", "pypi"]
)
@pytest.mark.parametrize(
    "version",
    ["${redis.version}", "^1.2.0", "1.x", "1.2.x", "1.2.0 - 1.9.0", "[1.0,2.0)", "main", "", "(unknown)"],
)
def test_what_is_not_one_version_is_in_no_range_and_out_of_none(kind: str, version: str) -> None:
    said = source(
        "sbom", edge(A, "contains", Ref(f"pkg:{kind}/redis"), version=version), covers={"*": ["contains"]}
    )
    assert (
        find(f"contains: {{package: 'pkg:{kind}/redis', versions: '<1.3.0'}}", A, said).truth is Truth.UNKNOWN
    )


def test_coverage_of_a_fact_whose_name_has_brackets_counts() -> None:
    looked = source("iac", entity(A), covers={"*": ["fact:ingress[0].port"]})
    assert find("fact: 'ingress[0].port'\nexists: false", A, looked).truth is Truth.TRUE


def test_a_name_has_at_most_100_characters() -> None:
    assert parse_pattern(f"pattern: {'x' * 100}\nkind: api").name == "x" * 100
    with pytest.raises(InvalidPattern, match=r"file.yaml:1: .* at most 100 characters"):
        parse_pattern(f"pattern: {'x' * 101}\nkind: api", "file.yaml")
