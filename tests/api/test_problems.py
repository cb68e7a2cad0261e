"""Every error is answered in one shape, and shows nothing of the inside."""

import json

import pytest
from fastapi import HTTPException

from tests.api.sample_routes import router, with_route
from tracker.core import errors
from tracker.core.errors import (
    AlreadyExists,
    ChangedMeanwhile,
    ConnectorError,
    DatabaseNotReady,
    ElsewhereError,
    GiveUp,
    HeldByAnother,
    InvalidDocument,
    InvalidInput,
    InvalidMove,
    NotFound,
    NotPermitted,
    OutcomeUnknown,
    TryAgainLater,
    VersionChanged,
)

END = "/api/v1/ends-in-tests/end"


def assert_problem(answer, status, kind=None):
    """Return the problem, which has the shape that all have."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) - {"errors"} == {"type", "title", "status", "detail", "instance"}
    assert problem["status"] == status
    assert kind is None or problem["type"] == f"urn:elsewhere:problem:{kind}"
    assert problem["detail"]
    return problem


def ending_with(error):
    def end():
        raise error

    return end


pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (InvalidInput("no"), 422, "invalid-input"),
        (InvalidDocument("no"), 422, "invalid-input"),
        (NotFound("no"), 404, "not-found"),
        (AlreadyExists("no"), 409, "already-exists"),
        (InvalidMove("no"), 409, "invalid-move"),
        (NotPermitted("no"), 403, "not-permitted"),
        (ChangedMeanwhile("no"), 409, "changed-meanwhile"),
        (VersionChanged("no"), 412, "version-changed"),
        (HeldByAnother("no"), 409, "held-by-another"),
        (DatabaseNotReady("no"), 503, "database-not-ready"),
        (TryAgainLater("no"), 503, "try-again-later"),
        (OutcomeUnknown("no"), 502, "connector-failed"),
        (GiveUp("no"), 502, "connector-failed"),
        (ConnectorError("no"), 502, "connector-failed"),
        (HTTPException(409, "no"), 409, "conflict"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_an_error_has_its_status(application, client, error, status, kind):
    with_route(application, ending_with(error))
    assert assert_problem(client().get(END), status, kind)["instance"] == END


@pytest.mark.usefixtures("database_url")
def test_every_class_of_error_has_a_status():
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ElsewhereError)
    ]
    from tracker.api.problems import _status_of

    assert [kind for kind in kinds if kind is not ElsewhereError and _status_of(kind("no")) is None] == []


@pytest.mark.parametrize(
    "error", [RuntimeError("s3cret at /etc/x"), ElsewhereError("s3cret"), KeyError("s3cret")]
)
def test_a_fault_of_the_program_shows_nothing_of_its_inside(application, client, error):
    with_route(application, ending_with(error))
    answer = client(raise_server_exceptions=False).get(END, headers={"X-Request-ID": "abc"})
    assert_problem(answer, 500, "internal-server-error")
    assert "s3cret" not in answer.text
    assert answer.headers["X-Request-ID"] == "abc"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_database_s_name_is_not_for_everybody(application, client):
    with_route(
        application, ending_with(DatabaseNotReady("postgresql://ada@db.internal/x: it cannot be reached"))
    )
    assert "internal" not in assert_problem(client().get(END), 503)["detail"]


@pytest.mark.parametrize(("after", "header"), [(0.2, "1"), (17.4, "17"), (None, None)])
def test_another_system_s_wish_to_wait_is_passed_on(application, client, after, header):
    with_route(application, ending_with(TryAgainLater("busy", after)))
    assert client().get(END).headers.get("Retry-After") == header


@pytest.mark.parametrize(
    ("place", "pointer"),
    [("/body/rules/0", "/body/rules/0"), ("--starts-on", "/body/starts_on"), ("sort", "/query/sort")],
)
def test_the_place_of_wrong_input_is_a_pointer(application, client, place, pointer):
    def end(sort: str):
        raise InvalidInput(f"no {sort}", place)

    with_route(application, end)
    [error] = assert_problem(client().get(END, params={"sort": "x"}), 422)["errors"]
    assert error == {"pointer": pointer, "detail": "no x"}


def test_a_place_that_is_none_of_the_request_stays_in_the_words(application, client):
    with_route(application, ending_with(InvalidInput("no", "x.yaml:3")))
    problem = assert_problem(client().get(END), 422)
    assert problem["detail"] == "x.yaml:3: no"
    assert "errors" not in problem


def test_a_path_that_is_not_there(api):
    assert_problem(api.get("/api/v1/unheard-of"), 404, "not-found")
    assert_problem(api.get("/"), 404)
    assert_problem(api.get("/api/v1/tokens/self/"), 404)


@pytest.fixture
def people(application, client):
    application.include_router(router)
    return client()


PEOPLE = "/api/v1/people-in-tests"


@pytest.mark.parametrize(
    ("method", "path", "there"),
    [("PUT", PEOPLE, "GET, POST"), ("OPTIONS", f"{PEOPLE}/1", "GET, PATCH"), ("BREW", "/healthz", "GET")],
)
def test_a_method_that_is_not_there_names_those_that_are(people, method, path, there):
    answer = people.request(method, path)
    assert_problem(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"] == there


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/body/name"]),
        ({"name": ""}, ["/body/name"]),
        ({"name": 3}, ["/body/name"]),
        ({"name": None}, ["/body/name"]),
        ({"name": "Ada", "nmae": "x"}, ["/body/nmae"]),
        ({"name": "Ada", "a/b~c": "x"}, ["/body/a~1b~0c"]),
        ({"name": "Ada\0"}, ["/body/name"]),
        ({"name": "Ada", "about": {"x": [{"deep": "\0"}]}}, ["/body/about"]),
        ({"name": "Ada", "about": {"\0": 1}}, ["/body/about"]),
        ([], ["/body"]),
        ("Ada", ["/body"]),
        (None, ["/body"]),
    ],
)
def test_a_refused_part_has_a_pointer_and_is_not_repeated(people, body, pointers):
    problem = assert_problem(people.post(PEOPLE, json=body), 422, "invalid-input")
    assert [error["pointer"] for error in problem["errors"]] == pointers
    assert people.get(PEOPLE).json()["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"name": "Ada",}',
        b"[" * 100_000,
        b'{"name": "\\ud800"}',
        b'{"\\ud800": 1}',
        b'{"name": NaN}',
        b'{"name": ' + b"9" * 10_000 + b"}",
        b'\xff{"name": 1}',
        b'{"name": "\xe9"}',
        b"\0",
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_not_json_is_refused(people, body):
    answer = people.post(PEOPLE, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422), answer.text
    assert_problem(answer, answer.status_code)
    json.loads(answer.content.decode("ascii"))


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None, "x"]
)
def test_a_body_of_another_type_is_not_read(people, media):
    headers = {"Content-Type": media} if media else {}
    assert_problem(people.post(PEOPLE, content=b'{"name": "Ada"}', headers=headers), 415)


@pytest.mark.parametrize(
    "media", ["application/json", "APPLICATION/JSON; charset=utf-8", "application/merge-patch+json"]
)
def test_json_has_many_names(people, media):
    answer = people.post(PEOPLE, content=b'{"name": "Ada"}', headers={"Content-Type": media})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "number", ["0", "-1", "1.5", "x", "", "2147483648", "9" * 30, "9" * 5000, "1%00", "%00", "1e3"]
)
def test_a_number_that_no_row_has_is_no_fault_of_the_server(people, number):
    answer = people.get(f"{PEOPLE}/{number}")
    assert answer.status_code in (404, 422), answer.text
    assert_problem(answer, answer.status_code)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("stat=open", "/query/stat"),
        ("limit=0", "/query/limit"),
        ("limit=201", "/query/limit"),
        ("limit=" + "9" * 40, "/query/limit"),
        ("limit=1&limit=2", "/query/limit"),
        ("sort=%00", "/query/sort"),
        ("cursor=a%00b", "/query/cursor"),
        ("sort=Robert%27);", "/query/sort"),
        ("a~/b=1", "/query/a~0~1b"),
    ],
)
def test_a_query_that_is_not_understood_is_refused(people, query, pointer):
    problem = assert_problem(people.get(f"{PEOPLE}?{query}"), 422)
    assert pointer in [error["pointer"] for error in problem["errors"]]


def test_a_query_that_is_a_list_may_be_repeated(people):
    assert people.get(f"{PEOPLE}?tag=a&tag=b&limit=5&sort=-id").status_code == 200


def test_a_path_without_parameters_says_so(people):
    problem = assert_problem(people.get("/healthz?verbose=1"), 422)
    assert "takes no query" in problem["detail"]


def test_who_changed_what_meanwhile_is_for_the_log(application, client, logs):
    with_route(application, ending_with(ChangedMeanwhile("/srv/s3cret.sqlite: others were first")))
    assert "s3cret" not in assert_problem(client().get(END), 409, "changed-meanwhile")["detail"]
    assert any("s3cret" in str(event) for event in logs)


@pytest.mark.parametrize("levels", [65, 500])
def test_json_that_is_nested_too_deeply_is_refused(application, client, levels):
    application.include_router(router)
    nested = '{"a":' * levels + "1" + "}" * levels
    answer = client().post(
        PEOPLE, content=f'{{"name": "Ada", "about": {nested}}}', headers={"Content-Type": "application/json"}
    )
    [error] = assert_problem(answer, 422)["errors"]
    assert (error["pointer"], "nested" in error["detail"]) == ("/body/about", True)


def test_json_that_is_nested_as_deeply_as_may_be_is_taken(application, client):
    application.include_router(router)
    nested = '{"a":' * 63 + "1" + "}" * 63
    answer = client().post(
        PEOPLE, content=f'{{"name": "Ada", "about": {nested}}}', headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 201


def test_a_number_that_is_nested_too_deeply_is_refused(api):
    text = '{"key": "x", "title": "x", "learnings": [' + "[" * 500 + "]" * 500 + "]}"
    answer = api.post("/api/v1/lessons", content=text, headers={"Content-Type": "application/json"})
    assert assert_problem(answer, 422)["errors"][0]["pointer"].startswith("/body/learnings")
