import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core.catalog import (
    ATTRIBUTES,
    CoverageStatement,
    EntityKind,
    Ref,
    RelationType,
    covers,
    kind_of,
    parse_question,
    parse_ref,
    short_name,
)
from tracker.core.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("component:default/checkout", "component:default/checkout"),
        ("component:checkout", "component:default/checkout"),
        (" Component:Staging/Check_Out.v2 ", "component:staging/check_out.v2"),
        ("group:a", "group:default/a"),
        ("pkg:pypi/Redis_Py", "pkg:pypi/redis-py"),
        ("pkg:npm/%40angular/core", "pkg:npm/%40angular/core"),
        ("pkg:npm/@angular/core", "pkg:npm/%40angular/core"),
        ("pkg:maven/io.lettuce/lettuce-core", "pkg:maven/io.lettuce/lettuce-core"),
        ("pkg:golang/github.com/go-redis/redis", "pkg:golang/github.com/go-redis/redis"),
        ("component:default/" + "a" * 128, "component:default/" + "a" * 128),
    ],
)
def test_a_ref_has_one_spelling(text: str, ref: str) -> None:
    assert parse_ref(text) == ref
    assert parse_ref(ref) == ref


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not an entity ref"),
        ("checkout", "is not an entity ref"),
        ("default/checkout", "is not an entity ref"),
        ("component:", "is not an entity ref"),
        ("component:/a", "is not an entity ref"),
        ("component:a/b/c", "is not an entity ref"),
        ("component:a:b", "is not an entity ref"),
        ("component:a b", "is not an entity ref"),
        ("component:default/a\nb", "is not an entity ref"),
        ("service:default/a", "unknown kind 'service'"),
        ("package:default/a", "unknown kind 'package'"),
        ("component:default/-a", "begin and end with a letter or digit"),
        ("component:default/a*", "letters, digits"),
        ("component:default/naïve", "letters, digits"),
        ("component:default/" + "a" * 129, "at most 128"),
        ("pkg:", "is not a package URL"),
        ("pkg:pypi", "is not a package URL"),
        ("pkg:pypi/redis@4.5.1", r"name the package alone \(pkg:pypi/redis\)"),
        ("pkg:pypi/redis?arch=x86", "name the package alone"),
        ("pkg:pypi/redis#sub/path", "name the package alone"),
    ],
)
def test_what_is_no_ref_is_refused_with_what_was_expected(text: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        parse_ref(text)


@given(st.text() | st.text("cpkg:/@%omentyi.-_#?=A0 ").map("pkg:".__add__))
def test_any_text_is_a_ref_in_one_spelling_or_is_refused(text: str) -> None:
    try:
        ref = parse_ref(text)
    except InvalidInput:
        return
    assert parse_ref(ref) == ref
    assert kind_of(ref) in EntityKind
    assert short_name(ref)


def test_names_that_people_say_leave_out_the_kind() -> None:
    assert short_name(Ref("component:default/checkout")) == "checkout"
    assert short_name(Ref("pkg:npm/%40angular/core")) == "npm/%40angular/core"


@pytest.mark.parametrize(
    ("stated", "question", "answered"),
    [
        ("entities", "entities", True),
        ("contains", "contains:out", True),
        ("contains:out", "contains", True),
        ("contains", "contains:in", False),
        ("attribute:*", "attribute:tags", True),
        ("attribute:tier", "attribute:type", False),
        ("fact:redis.*", "fact:redis.pool.max", True),
        ("fact:redis.*", "fact:redis", False),
        ("fact:*", "calls:fact:retries", False),
        ("calls:fact:*", "calls:fact:retries", True),
        ("calls:out", "calls:in", False),
        ("depends_on:out", "calls:out", False),
        ("fact:Redis", "fact:redis", False),
    ],
)
def test_a_stated_question_includes_those_that_match_it(stated: str, question: str, answered: bool) -> None:
    assert covers(stated, question) is answered


def test_a_statement_answers_for_the_entities_it_names_only() -> None:
    statement = CoverageStatement("component:default/*", ("calls:out", "fact:*"))
    assert statement.answers("fact:x", Ref("component:default/a"))
    assert not statement.answers("fact:x", Ref("component:staging/a"))
    assert not statement.answers("calls:in", Ref("component:default/a"))


@pytest.mark.parametrize(
    "text",
    [
        "entities",
        "contains",
        *(f"attribute:{name}" for name in (*ATTRIBUTES, "tags", "*")),
        "fact:redis.*",
        *(f"{relation}:{way}" for relation in RelationType for way in ("out", "in", "fact:*")),
    ],
)
def test_every_question_of_the_grammar_is_read(text: str) -> None:
    assert parse_question(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "entity",
        "attribute:",
        "attribute:colour",
        "fact:",
        "fact",
        "calls",
        "calls:",
        "calls:up",
        "calls:fact:",
        "calls:fact",
        "phones:out",
        "*",
        "ENTITIES",
        "contains:",
    ],
)
def test_a_question_outside_the_grammar_is_refused_with_the_grammar(text: str) -> None:
    with pytest.raises(InvalidInput, match="entities, attribute:NAME, fact:GLOB"):
        parse_question(text)
