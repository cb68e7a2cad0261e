"""Tokens: their names, their scopes, and how settings name them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core.errors import InvalidInput
from tracker.core.tokens import Scope, check_name, hash_of, matching, parse_tokens

SECRET = "0123456789abcdef" * 2


def test_each_scope_includes_those_before_it():
    assert [[one.includes(other) for other in Scope] for one in Scope] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]


def test_tokens_are_apart_by_commas_lines_or_spaces():
    text = f"# for the dashboard\na:read:{SECRET}1, b:write:{SECRET}2\n\n  c:admin:{SECRET}:3 \n"
    tokens = parse_tokens(text, "tokens")
    assert [(token.name, token.scope) for token in tokens] == [
        ("a", Scope.READ),
        ("b", Scope.WRITE),
        ("c", Scope.ADMIN),
    ]
    assert tokens[2].secret_hash == hash_of(f"{SECRET}:3")
    assert parse_tokens("", "tokens") == parse_tokens("# nothing", "tokens") == ()


@pytest.mark.parametrize(
    "text",
    [
        f"a:{SECRET}",
        f"a:root:{SECRET}",
        f"a:READ:{SECRET}",
        "a:read:",
        "a:read:short-s3cret",
        f"a:read:{SECRET}é",
        f":read:{SECRET}",
        f"a/b:read:{SECRET}",
        f"a:read:{SECRET} a:write:{SECRET}2",
        SECRET,
    ],
)
def test_an_entry_that_is_wrong_is_counted_and_shows_no_secret(text):
    with pytest.raises(InvalidInput, match=r"^tokens, entry [12]: ") as refused:
        parse_tokens(text, "tokens")
    assert SECRET not in str(refused.value)
    assert "s3cret" not in str(refused.value)


@given(st.text())
def test_whatever_is_configured_is_read_or_refused(text):
    with suppress(InvalidInput):
        parse_tokens(text, "tokens")


def test_a_secret_finds_its_token_only():
    tokens = parse_tokens(f"a:read:{SECRET}1 b:read:{SECRET}2", "tokens")
    assert matching(tokens, f"{SECRET}2") == tokens[1]
    assert matching(tokens, SECRET) is None
    assert matching((), "") is None


@pytest.mark.parametrize("name", ["ci", "nightly.dashboard", "ada@example.com", "A" * 64])
def test_a_name_says_who_it_is(name):
    assert check_name(name, "NAME") == name


@pytest.mark.parametrize("name", ["", " ", "-x", "a b", "a:b", "a\n", "A" * 65, "ä", "a\0"])
def test_a_name_that_would_mislead_is_refused(name):
    with pytest.raises(InvalidInput, match=r"^NAME: "):
        check_name(name, "NAME")
