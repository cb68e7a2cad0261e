"""The many ways in which documents name people and teams."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core.errors import InvalidInput
from tracker.core.people import IdentityKind, Name, name_of, parse_name, parse_owners


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("Mara Lind", Name(IdentityKind.NAME, "mara lind")),
        ("  mara \n LIND ", Name(IdentityKind.NAME, "mara lind")),
        ("@mara.lind", Name(IdentityKind.CHAT, "mara.lind")),
        ("Mara Lind <Mara@Example.org>", Name(IdentityKind.EMAIL, "mara@example.org")),
        ("Group:Payments", Name(IdentityKind.CATALOG, "group:default/payments")),
        ("user:staff/mara", Name(IdentityKind.CATALOG, "user:staff/mara")),
        ("component:checkout", Name(IdentityKind.NAME, "component:checkout")),
        ("Team: payments", Name(IdentityKind.NAME, "team: payments")),
    ],
)
def test_a_name_is_read_as_what_it_is(printed: str, name: Name) -> None:
    assert parse_name(printed) == name


@pytest.mark.parametrize(
    ("printed", "values"),
    [
        ("Mara Lind, payments team", ["mara lind", "payments team"]),
        ("Mara Lind and Noor Haddadin", ["mara lind", "noor haddadin"]),
        ("Mara/Noor & Ilse; @joe", ["mara", "noor", "ilse", "joe"]),
        ("Mara, mara , MARA", ["mara"]),
        ("Andersson Branding", ["andersson branding"]),
        ("group:default/payments, Mara", ["group:default/payments", "mara"]),
        (" , / @ ;", []),
        ("", []),
    ],
)
def test_several_owners_are_told_apart(printed: str, values: list[str]) -> None:
    assert [name.value for name in parse_owners(printed)] == values


@given(st.text(max_size=40))
def test_no_text_is_too_strange_to_be_an_owner(text: str) -> None:
    names = parse_owners(text)
    assert len(set(names)) == len(names)
    assert all(name.value.strip() for name in names)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("email", "Mara@Example.org ", "mara@example.org"),
        ("chat", "@Mara", "mara"),
        ("chat", "Mara", "mara"),
        ("jira", "5b10A:c-9", "5b10A:c-9"),
        ("catalog", "Group:Payments", "group:default/payments"),
        ("name", "Mara  Lind", "mara lind"),
        ("name", "@Mara", "@mara"),
    ],
)
def test_a_name_of_a_stated_kind_is_compared_as_that_kind_is(kind: str, text: str, value: str) -> None:
    assert name_of(IdentityKind(kind), text) == Name(IdentityKind(kind), value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("email", "Mara Lind"),
        ("email", "Mara <mara@example.org>"),
        ("chat", "@"),
        ("catalog", "component:checkout"),
        ("catalog", "payments"),
        ("name", " "),
        ("jira", "x" * 301),
    ],
)
def test_what_is_no_name_of_its_kind_is_refused(kind: str, text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^--value: "):
        name_of(IdentityKind(kind), text)


@given(st.sampled_from(IdentityKind), st.text(max_size=20))
def test_a_comparable_name_is_its_own_comparable_form(kind: IdentityKind, text: str) -> None:
    try:
        once = name_of(kind, text)
    except InvalidInput:
        return
    if kind is not IdentityKind.CHAT:  # of a chat name that begins with @ only one is taken off
        assert name_of(kind, once.value) == once
