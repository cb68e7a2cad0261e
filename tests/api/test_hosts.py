"""The server answers to its own names only, and takes no changes from the pages of other sites."""

import pytest

from tests.api.sample_routes import router
from tests.api.test_problems import PEOPLE, assert_problem
from tracker.api.application import create_api
from tracker.api.hosts import is_allowed, is_forged, is_loopback_name, name_in
from tracker.api.surroundings import LOOPBACK_NAMES, ApiOptions


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("localhost", "localhost"),
        ("LOCALHOST.:80", "localhost"),
        ("127.0.0.1:8080", "127.0.0.1"),
        ("[::1]:8080", "[::1]"),
        ("[::FFFF:127.0.0.1]", "[::ffff:127.0.0.1]"),
        ("a_b-c.example", "a_b-c.example"),
    ],
)
def test_the_name_in_a_host_header(host, name):
    assert name_in(host) == name


@pytest.mark.parametrize(
    "host",
    [
        "",
        " ",
        "localhost:",
        "localhost:80:80",
        "localhost:123456",
        "localhost/x",
        "localhost#@evil.example",
        "evil@localhost",
        "::1",
        "[::1",
        "[localhost]",
        "localhost, evil.example",
        "localhost\tx",
        "lócalhost",
    ],
)
def test_what_is_no_host_has_no_name(host):
    assert name_in(host) is None
    assert not is_allowed(host, ("*",))


@pytest.mark.parametrize(
    ("name", "loopback"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("[::1]", True),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example", False),
        ("0.0.0.0", False),
        ("[::]", False),
        ("[::ffff:10.0.0.1]", False),
        ("2130706433", False),
        (None, False),
    ],
)
def test_which_names_always_mean_this_machine(name, loopback):
    assert is_loopback_name(name) is loopback


def test_names_that_are_allowed_are_compared_as_names_are():
    assert is_allowed("Elsewhere.Example.:8443", ("elsewhere.example",))
    assert not is_allowed("elsewhere.example.evil.example", ("elsewhere.example",))
    assert not is_allowed("localhost", ("elsewhere.example",))
    assert is_allowed("127.0.0.2", LOOPBACK_NAMES)
    assert is_allowed("anything.example", ("*",))


HERE = {"host": "localhost:8080"}


@pytest.mark.parametrize(
    ("headers", "forged"),
    [
        ({}, False),
        ({"sec-fetch-site": "same-origin"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "same-site"}, True),
        ({"sec-fetch-site": "cross-site"}, True),
        ({"sec-fetch-site": "new-word"}, True),
        ({"origin": "http://localhost:8080"}, False),
        ({"origin": "http://LOCALHOST:8080"}, False),
        ({"origin": "http://localhost"}, True),
        ({"origin": "http://localhost:8081"}, True),
        ({"origin": "http://evil.example"}, True),
        ({"origin": "http://localhost:8080.evil.example"}, True),
        ({"origin": "http://localhost:8080/path"}, True),
        ({"origin": "null"}, True),
        ({"origin": ""}, True),
        ({"origin": "file://"}, True),
        ({"origin": "http://localhost:99999"}, True),
        ({"origin": "http://[::1"}, True),
        ({"origin": "https://elsewhere.example", "host": "elsewhere.example"}, False),
        ({"origin": "https://elsewhere.example:443", "host": "elsewhere.example"}, False),
        ({"origin": "http://localhost:8080", "sec-fetch-site": "cross-site"}, True),
    ],
)
def test_which_requests_come_from_the_page_of_another_site(headers, forged):
    assert is_forged({**HERE, **headers}, ()) is forged


def test_a_trusted_origin_is_not_another_site():
    headers = {**HERE, "origin": "https://status.example", "sec-fetch-site": "cross-site"}
    assert not is_forged(headers, ("https://status.example",))
    assert is_forged({**headers, "origin": "https://status.example.evil"}, ("https://status.example",))


pytest_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest_sqlite
@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "10.0.0.1:8080", "", "localhost, evil.example"]
)
def test_a_name_that_was_rebound_to_this_machine_is_refused(api, host):
    assert_problem(api.get("/healthz", headers={"Host": host}), 421)


@pytest_sqlite
@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.:8080", "127.0.0.1:1", "[::1]:8080"])
def test_a_name_of_this_machine_is_answered(api, host):
    assert api.get("/healthz", headers={"Host": host}).status_code == 200


@pytest_sqlite
@pytest.mark.parametrize(
    "forged", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
def test_a_change_that_another_site_sends_is_refused(application, client, forged):
    application.include_router(router)
    somebody = client()
    assert_problem(somebody.post(PEOPLE, json={"name": "Eve"}, headers=forged), 403)
    assert somebody.get(PEOPLE, headers=forged).json()["items"] == []
    assert (
        somebody.post(PEOPLE, json={"name": "Ada"}, headers={"Origin": "http://localhost"}).status_code == 201
    )


@pytest_sqlite
def test_no_other_site_may_read_unless_it_is_configured(api, client, context, connections):
    origin = {"Origin": "https://status.example"}
    assert "access-control-allow-origin" not in api.get("/healthz", headers=origin).headers
    preflight = {**origin, "Access-Control-Request-Method": "POST"}
    assert_problem(api.options("/healthz", headers=preflight), 405)

    trusting = client(create_api(context, connections, ApiOptions(cors_origins=("https://status.example",))))
    answer = trusting.get("/healthz", headers=origin)
    assert answer.headers["access-control-allow-origin"] == "https://status.example"
    assert "access-control-allow-credentials" not in answer.headers
    assert trusting.options("/healthz", headers=preflight).status_code == 200
    other = {"Origin": "https://evil.example"}
    assert "access-control-allow-origin" not in trusting.get("/healthz", headers=other).headers
