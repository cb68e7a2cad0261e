"""The server starts where it may, says where it is, and ends in order."""

import json
import signal
import socket
from datetime import timedelta
from time import sleep

import httpx2
import pytest

from tests.cli.serving import serving

SECRET = "0123456789abcdef" * 2


def test_it_says_where_it_is_and_answers_there(elsewhere):
    with serving(elsewhere) as server:
        assert server.address.startswith("http://127.0.0.1:")
        answer = httpx2.get(f"{server.address}/api/v1/tokens/self")
        assert answer.json() == {"actor": "Ada", "scope": "write"}
        assert "server" not in answer.headers


def test_an_answer_does_not_wait_for_its_beginning_to_be_confirmed(elsewhere):
    with serving(elsewhere) as server, httpx2.Client(base_url=server.address) as client:
        quickest = min(client.get("/healthz").elapsed for _ in range(20))
    assert quickest < timedelta(milliseconds=35)


@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_ends_in_order(elsewhere, how, code):
    with serving(elsewhere) as server:
        httpx2.get(f"{server.address}/healthz")
        assert server.end(how).code == code


def test_logs_for_machines_have_a_line_for_each_request(elsewhere):
    with serving(elsewhere, "--log-format", "json") as server:
        httpx2.get(f"{server.address}/healthz", headers={"X-Request-ID": "mine"})
        answer = server.end()
    events = [json.loads(line) for line in answer.err.splitlines() if line.startswith("{")]
    [request] = [event for event in events if event["event"] == "request answered"]
    assert (request["request_id"], request["route"], request["status"]) == ("mine", "/healthz", 200)
    assert any(event.get("logger") == "uvicorn.error" for event in events)
    [other] = [line for line in answer.err.splitlines() if not line.startswith("{")]
    assert server.address in other


def test_a_port_that_is_taken_is_one_clear_error(elsewhere):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answer = elsewhere("serve", "--port", taken.getsockname()[1])
    assert (answer.code, answer.out) == (1, "")
    [error] = answer.errors
    assert "is in use" in error
    assert "--port" in error


def test_an_address_of_another_machine_is_refused(elsewhere):
    elsewhere("serve", "--host", "192.0.2.1").refused("--host")
    elsewhere("serve", "--host", "no.such.host.invalid").refused("--host")


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_other_machines_are_let_in_with_tokens_only(elsewhere, host):
    elsewhere("serve", "--port", 0, "--host", host).refused("--host", "token")
    elsewhere("tokens", "create", "old").done()
    elsewhere("tokens", "revoke", "old").done()
    elsewhere("serve", "--port", 0, "--host", host).refused("--host", "token")


def test_where_other_machines_are_let_in_nobody_is_anonymous(elsewhere):
    secret = elsewhere.json("tokens", "create", "ci")["secret"]
    with serving(elsewhere, "--host", "0.0.0.0") as server:
        address = server.address.replace("0.0.0.0", "127.0.0.1") + "/api/v1/tokens/self"
        assert httpx2.get(address).status_code == 401
        token = {"Authorization": f"Bearer {secret}"}
        assert httpx2.get(address, headers=token).json()["actor"] == "ci"
        elsewhere("tokens", "revoke", "ci").done()
        assert httpx2.get(address, headers=token).status_code == 401


def test_a_token_may_come_from_a_file(elsewhere, tmp_path):
    (tmp_path / "tokens").write_text(f"probe:read:{SECRET}\n")
    named = {"ELSEWHERE_API__TOKENS_FILE": str(tmp_path / "tokens")}
    with serving(elsewhere, "--host", "0.0.0.0", **named) as server:
        address = server.address.replace("0.0.0.0", "127.0.0.1") + "/api/v1/tokens/self"
        answer = httpx2.get(address, headers={"Authorization": f"Bearer {SECRET}"})
        assert answer.json() == {"actor": "probe", "scope": "read"}
        assert SECRET not in server.end().err


def test_a_wrong_token_in_the_settings_is_refused_and_not_repeated(elsewhere, monkeypatch):
    monkeypatch.setenv("ELSEWHERE_API__TOKENS", "probe:root:s3cret")
    answer = elsewhere("serve", "--port", 0).refused("ELSEWHERE_API__TOKENS, entry 1")
    assert "s3cret" not in answer.err


def test_settings_say_who_is_let_in(elsewhere):
    closed = {
        "ELSEWHERE_API__ANONYMOUS": "no",
        "ELSEWHERE_API__ALLOWED_HOSTS": "elsewhere.example, localhost",
    }
    with serving(elsewhere, **closed) as server:
        assert httpx2.get(f"{server.address}/api/v1/tokens/self").status_code == 401
        named = {"Host": "elsewhere.example"}
        assert httpx2.get(f"{server.address}/healthz", headers=named).status_code == 200
        assert httpx2.get(f"{server.address}/healthz", headers={"Host": "evil.example"}).status_code == 421


def test_a_request_under_way_is_answered_before_the_end(elsewhere):
    with serving(elsewhere) as server:
        host, _, port = server.address.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            head = b"POST /api/v1/lessons HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            connection.sendall(head + b"Content-Length: 2\r\n\r\n{")
            sleep(0.5)  # until the server waits for the rest
            server.process.send_signal(signal.SIGTERM)
            sleep(0.5)
            connection.sendall(b"}")
            assert b" 422 " in connection.recv(65536)
        assert server.process.wait(60) == 0
