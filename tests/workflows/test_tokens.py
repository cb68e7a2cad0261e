"""Tokens are given to programs, taken back, and written down."""

from datetime import timedelta

import pytest

from tracker.core.errors import AlreadyExists, InvalidInput, NotFound
from tracker.core.tokens import Scope
from tracker.storage import audit, tokens
from tracker.workflows.context import Context
from tracker.workflows.tokens import create, recognise, revoke


@pytest.fixture
def context(database, clock):
    return Context(database, clock, "Ada")


def test_a_token_is_recognised_by_its_secret(context):
    new = create(context, "ci", Scope.WRITE)
    token = recognise(context, new.secret)
    assert token is not None
    assert (token.name, token.scope, token.created_by) == ("ci", Scope.WRITE, "Ada")
    assert recognise(context, new.secret[:-1]) is None
    assert recognise(context, token.secret_hash) is None


def test_two_secrets_differ(context):
    assert create(context, "a").secret != create(context, "b").secret


def test_a_token_has_an_end(context, clock):
    new = create(context, "ci", days=7)
    clock.advance(timedelta(days=7) - timedelta(microseconds=1))
    assert recognise(context, new.secret)
    clock.advance(timedelta(microseconds=1))
    assert recognise(context, new.secret) is None


def test_a_revoked_token_is_not_recognised(context):
    new = create(context, "ci")
    revoke(context, "ci")
    assert recognise(context, new.secret) is None
    with pytest.raises(NotFound, match="no token 'ci'"):
        revoke(context, "ci")


def test_of_the_living_each_has_a_name_of_its_own(context, clock):
    old = create(context, "ci", days=7)
    with pytest.raises(AlreadyExists, match="tokens revoke ci"):
        create(context, "ci")
    clock.advance(timedelta(days=7))
    new = create(context, "ci")
    assert recognise(context, old.secret) is None
    revoke(context, "ci")
    assert recognise(context, new.secret) is None
    create(context, "ci")


@pytest.mark.parametrize("days", [0, -1, 367, 10**9])
def test_how_long_a_token_is_good_for_has_bounds(context, days):
    with pytest.raises(InvalidInput, match="1 to 366 days"):
        create(context, "ci", days=days)


def test_what_happens_to_a_token_is_written_down_without_its_secret(context):
    new = create(context, "ci", Scope.ADMIN)
    revoke(context, "ci")
    with context.database.reading() as session:
        entries = audit.history(session, "token", new.token.id)
    assert [(entry.action, entry.actor) for entry in entries] == [
        ("token created", "Ada"),
        ("token revoked", "Ada"),
    ]
    assert entries[0].detail["scope"] == "admin"
    assert new.secret not in str(entries)
    assert new.token.secret_hash not in str(entries)


def test_whether_somebody_holds_a_living_token(context, clock):
    def any_living():
        with context.database.reading() as session:
            return tokens.any_living(session, clock.now)

    assert not any_living()
    create(context, "ci", days=1)
    create(context, "gone")
    revoke(context, "gone")
    assert any_living()
    clock.advance(timedelta(days=1))
    assert not any_living()
