"""What only a real connection shows: raw requests that no client library would send."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import sleep

import httpx2
import pytest

from tests.api.sample_routes import router, with_route
from tests.api.test_problems import END, PEOPLE

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def people(application, served):
    application.include_router(router)
    return served


def raw(address: str, *lines: str, body: bytes = b"") -> tuple[int, str, bytes]:
    """Return the first answer to bytes that are sent as they are, and how it says what is wrong."""
    host, _, port = address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(b"\r\n".join([*(line.encode("latin-1") for line in lines), b"", b""]) + body)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, content = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode("latin-1").lower(), content


CLOSE = "Connection: close"


def test_an_answer_comes_over_http(people):
    with httpx2.Client(base_url=people) as somebody:
        made = somebody.post(PEOPLE, json={"name": "Ada"})
        assert somebody.get(made.headers["Location"]).json() == made.json()


@pytest.mark.parametrize(
    "hosts",
    [
        ["Host: evil.example"],
        [],
        ["Host: localhost", "Host: evil.example"],
        ["Host: "],
        ["Host: localhost@evil.example"],
    ],
)
def test_a_request_names_one_host_that_is_ours(people, hosts):
    status, _, _ = raw(people, "GET /healthz HTTP/1.1", *hosts, CLOSE)
    assert status in (400, 421)


def test_an_address_in_the_request_line_does_not_replace_the_host(people):
    status, _, _ = raw(people, "GET http://localhost/healthz HTTP/1.1", "Host: evil.example", CLOSE)
    assert status in (400, 404, 421)


def test_a_body_in_chunks_has_an_end(people):
    chunk = b"%x\r\n%s\r\n" % (1 << 20, b" " * (1 << 20))
    status, head, content = raw(
        people,
        f"POST {PEOPLE} HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
        CLOSE,
        body=chunk + b"1\r\n \r\n",
    )
    assert status == 413
    assert "application/problem+json" in head
    assert json.loads(content)["status"] == 413


@pytest.mark.parametrize(
    "target",
    [
        "/%00",
        "/api/v1/people-in-tests/%00",
        "/%ff%fe",
        "/..%2f..%2fetc/passwd",
        "//evil.example/",
        "/" + "a" * 30_000,
    ],
)
def test_a_hostile_path_is_nothing_to_worry_about(people, target):
    status, _, _ = raw(people, f"GET {target} HTTP/1.1", "Host: localhost", CLOSE)
    assert 400 <= status < 500


@pytest.mark.parametrize("query", ["limit=%ff", "%ff=1", "limit=1;limit=2", "&&&=", "%00=%00", "a" * 20_000])
def test_a_hostile_query_is_refused(people, query):
    status, _, content = raw(people, f"GET {PEOPLE}?{query} HTTP/1.1", "Host: localhost", CLOSE)
    assert status in (200, 422), content
    assert "Traceback" not in content.decode()


def test_an_odd_method_is_refused(people):
    assert raw(people, f"BREW {PEOPLE} HTTP/1.1", "Host: localhost", CLOSE)[0] == 405


def test_many_clients_at_once_are_all_answered(people):
    with httpx2.Client(base_url=people, timeout=60) as somebody, ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda _: somebody.get(PEOPLE).status_code, range(200)))
    assert set(answers) == {200}


@pytest.mark.parametrize("length", [4, 500_000])
def test_the_body_of_a_stranger_is_not_read(people, length):
    status, _, _ = raw(
        people,
        f"POST {PEOPLE} HTTP/1.1",
        "Host: localhost",
        "Authorization: Bearer els_wrong",
        "Content-Type: application/json",
        f"Content-Length: {length}",
        CLOSE,
        body=b"{bad",
    )
    assert status == 401


def test_it_says_that_it_lives_while_every_thread_is_busy(people, application):
    done = Event()
    with_route(application, lambda: str(done.wait(20)))
    with httpx2.Client(base_url=people, timeout=60) as somebody, ThreadPoolExecutor(30) as pool:
        slow = [pool.submit(somebody.get, END) for _ in range(30)]
        sleep(0.5)
        try:
            assert somebody.get("/healthz", timeout=5).status_code == 200
            assert not any(one.done() for one in slow)
        finally:
            done.set()
        assert {one.result().status_code for one in slow} == {200}
