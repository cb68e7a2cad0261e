"""Bodies have an end, requests an id, and answers the headers that keep browsers out of trouble."""

from contextlib import ExitStack

import pytest

from tests.api.estate import OPEN, upload
from tests.api.sample_routes import router
from tests.api.test_problems import PEOPLE, assert_problem
from tracker.api import turns
from tracker.api.application import create_api
from tracker.api.bodies import MOST_TEXT
from tracker.api.surroundings import ApiOptions

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

MOST = 1000
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def people(client, context, connections):
    api = create_api(context, connections, ApiOptions(max_body_bytes=MOST))
    api.include_router(router)
    return client(api)


def body(length):
    text = b'{"name": "Ada"}'
    return text + b" " * (length - len(text))


@pytest.mark.parametrize(("length", "status"), [(MOST, 201), (MOST + 1, 413), (10 * MOST, 413)])
def test_a_body_has_an_end(people, length, status):
    answer = people.post(PEOPLE, content=body(length), headers=JSON)
    assert answer.status_code == status
    if status == 413:
        assert str(MOST) in assert_problem(answer, 413)["detail"]


@pytest.mark.parametrize(("length", "status"), [(MOST, 201), (MOST + 1, 413)])
def test_a_body_that_comes_in_parts_has_one_too(people, length, status):
    parts = (bytes([byte]) for byte in body(length))
    answer = people.post(PEOPLE, content=parts, headers=JSON)
    assert "content-length" not in answer.request.headers
    assert answer.status_code == status
    if status == 413:
        assert_problem(answer, 413)


@pytest.mark.parametrize("length", ["-1", "x", "9" * 30, "1, 2"])
def test_a_false_length_is_no_fault_of_the_server(people, length):
    answer = people.post(PEOPLE, content=body(50), headers={**JSON, "Content-Length": length})
    assert answer.status_code < 500


def test_a_request_has_an_id(people):
    first, second = (people.get("/healthz").headers["X-Request-ID"] for _ in range(2))
    assert first != second
    assert people.get("/healthz", headers={"X-Request-ID": "mine-1"}).headers["X-Request-ID"] == "mine-1"


@pytest.mark.parametrize("asked", ["", "a b", "x" * 65, 'a"b', "é", "a\tb"])
def test_an_id_that_would_harm_a_log_is_replaced(people, asked):
    given = people.get("/healthz", headers={"X-Request-ID": asked.encode()}).headers["X-Request-ID"]
    assert len(given) == 32


def test_an_answer_is_harmless_in_a_browser(people):
    for path in ("/healthz", "/nothing", f"{PEOPLE}/page"):
        headers = people.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
    policy = people.get(f"{PEOPLE}/page").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "Content-Security-Policy" not in people.get("/healthz").headers


def test_text_is_limited_more_tightly_than_uploads(client, context, connections):
    api = create_api(context, connections)
    api.include_router(router)
    assert client(api).post(PEOPLE, content=body(MOST_TEXT), headers=JSON).status_code == 201
    assert_problem(client(api).post(PEOPLE, content=body(MOST_TEXT + 1), headers=JSON), 413)


@pytest.mark.parametrize(
    ("turns", "ask"),
    [
        (turns.UPLOADS, lambda api: upload(api, OPEN)),
        (turns.UPLOADS, lambda api: api.post("/api/v1/catalog/imports", files={"file": ("x", b"x")})),
        (turns.SYNCS, lambda api: api.get("/api/v1/sync/plan")),
        (turns.SYNCS, lambda api: api.post("/api/v1/sync/runs")),
    ],
)
def test_of_what_is_slow_only_some_is_done_at_once(api, monkeypatch, turns, ask):
    monkeypatch.setattr("tracker.api.turns._PATIENCE", 0)
    with ExitStack() as stack:
        for _ in range(turns.at_once):
            stack.enter_context(turns.one())
        answer = ask(api)
        assert_problem(answer, 503, "try-again-later")
        assert int(answer.headers["Retry-After"]) > 0
    assert ask(api).status_code != 503
