"""Who asks is told by a token, or by being at this machine; and what they may do follows from it."""

from datetime import timedelta

import pytest

from tests.api.sample_routes import router
from tests.api.test_problems import PEOPLE, assert_problem
from tracker.api.application import create_api
from tracker.api.surroundings import ApiOptions
from tracker.core.tokens import Scope, hash_of, parse_tokens
from tracker.storage.tables import Token
from tracker.workflows import tokens

SELF = "/api/v1/tokens/self"
SECRET = "0123456789abcdef" * 2


def refused(answer):
    problem = assert_problem(answer, 401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    return problem


def test_somebody_at_this_machine_may_write(api):
    assert api.get(SELF).json() == {"actor": "Ada", "scope": "write"}


def test_a_token_tells_who_asks(reader):
    assert reader.get(SELF).json() == {"actor": "visitor", "scope": "read"}


sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@sqlite_only
@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer els_wrong",
        "Bearer  ",
        "bearer els_" + "x" * 10_000,
        "Basic QWRhOkFkYQ==",
        "els_wrong",
        "Bearer els_a els_b",
        "Bearer \xe9\xff",
        "Token x",
    ],
)
def test_a_wrong_token_is_refused_where_none_would_do(api, header):
    refused(api.get(SELF, headers={"Authorization": header.encode("latin-1")}))


@sqlite_only
def test_two_headers_are_one_too_many(api, context):
    secret = tokens.create(context, "ci").secret
    twice = [("Authorization", f"Bearer {secret}"), ("Authorization", f"Bearer {secret}")]
    refused(api.get(SELF, headers=twice))


def test_an_expired_token_is_refused(reader, clock):
    clock.advance(timedelta(days=90) - timedelta(seconds=1))
    assert reader.get(SELF).status_code == 200
    clock.advance(timedelta(seconds=1))
    refused(reader.get(SELF))


def test_a_revoked_token_is_refused(reader, context):
    tokens.revoke(context, "visitor")
    refused(reader.get(SELF))


@sqlite_only
def test_what_is_wrong_with_a_token_is_not_told_to_a_stranger(api, reader, context):
    unknown = refused(api.get(SELF, headers={"Authorization": "Bearer els_guess"}))
    tokens.revoke(context, "visitor")
    assert refused(reader.get(SELF)) == unknown


@sqlite_only
def test_who_may_read_may_not_write(application, reader, writer, admin):
    application.include_router(router)
    assert reader.get(PEOPLE).status_code == 200
    problem = assert_problem(reader.post(PEOPLE, json={"name": "Ada"}), 403, "not-permitted")
    assert "scope write" in problem["detail"]
    assert writer.post(PEOPLE, json={"name": "Ada"}).status_code == 201
    assert_problem(writer.get(f"{PEOPLE}/secrets"), 403)
    assert admin.get(f"{PEOPLE}/secrets").json() == ["root", "True"]


@sqlite_only
def test_who_may_not_ask_learns_nothing_of_the_request(client, context, connections):
    closed = create_api(context, connections, ApiOptions(anonymous=False))
    closed.include_router(router)
    for path in ("/7", "/x", "/7?what=ever", "/secrets"):
        refused(client(closed).get(PEOPLE + path))


@sqlite_only
@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ({}, "10.0.0.7"),
        ({"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1"),
        ({"Forwarded": "for=127.0.0.1"}, "127.0.0.1"),
        ({"Via": "1.1 proxy"}, "127.0.0.1"),
        ({"X-Forwarded-Proto": "https"}, "127.0.0.1"),
        ({"Host": "elsewhere.example"}, "127.0.0.1"),
    ],
)
def test_a_token_is_needed_from_elsewhere(context, connections, client, headers, address):
    options = ApiOptions(allowed_hosts=("*",))
    somebody = client(create_api(context, connections, options), address=address)
    refused(somebody.get(SELF, headers=headers))


def test_the_last_use_is_written_down_to_the_hour(reader, context, clock):
    def last_used():
        with context.database.reading() as session:
            return session.get_one(Token, 1).last_used_at

    assert last_used() is None
    reader.get(SELF)
    first = clock.now
    assert last_used() == first
    clock.advance(timedelta(minutes=59))
    reader.get(SELF)
    assert last_used() == first
    clock.advance(timedelta(minutes=1))
    reader.get(SELF)
    assert last_used() == clock.now


@sqlite_only
def test_a_token_of_the_settings_needs_no_database(context, connections, client):
    options = ApiOptions(tokens=parse_tokens(f"probe:read:{SECRET}", "tokens"), anonymous=False)
    api = create_api(context, connections, options)
    assert client(api, SECRET).get(SELF).json() == {"actor": "probe", "scope": "read"}
    refused(client(api, SECRET + "0").get(SELF))
    refused(client(api, hash_of(SECRET)).get(SELF))


@sqlite_only
def test_the_secret_is_kept_nowhere(context, database):
    new = tokens.create(context, "ci", Scope.ADMIN)
    assert new.secret.startswith("els_")
    assert len(new.secret) == 47  # 256 bits in base64
    assert new.secret not in repr(new)
    assert database.path is not None
    kept = database.path.read_bytes() + database.path.with_name(database.path.name + "-wal").read_bytes()
    assert new.secret.encode() not in kept
    assert hash_of(new.secret).encode() in kept
