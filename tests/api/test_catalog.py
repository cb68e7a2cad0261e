"""The catalog over REST."""

import gzip

import pytest

from connectors.jsonl_catalog import connect
from tests.factories import InMemoryCatalog, Service, catalog_snapshot
from tracker.workflows.import_catalog import import_catalog

HEADER = '{"elsewhere": 1, "source": "by-hand", "kind": "declared", "observed_at": "2026-03-01T06:00:00Z"}\n'
ENTITY = '{"entity": "component:default/checkout", "type": "service", "facts": {"a": null}}\n'
PATH = "/api/v1/catalog/imports"


def upload(api, content=HEADER + ENTITY, name="by-hand.jsonl", kind="jsonl"):
    return api.post(PATH, files={"file": (name, content)}, data={"kind": kind})


@pytest.fixture(autouse=True)
def _files_are_read(connections):
    connections.catalog = connect({})


@pytest.fixture
def estate(context):
    """Two services of one team, in a catalog that one source filled."""
    snapshot = catalog_snapshot(
        Service("checkout"), Service("basket", 250, aliases=("component:default/till",))
    )
    import_catalog(context, InMemoryCatalog({"x": snapshot}), "x")


# Imports


def test_an_uploaded_file_is_imported(api):
    answer = upload(api)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["file"], answer.json()["source"], answer.json()["snapshot"]) == (
        "by-hand.jsonl",
        "by-hand",
        1,
    )
    assert answer.json()["differences"]["entities"]["added"]["first"] == ["component:default/checkout"]
    assert api.get("/api/v1/catalog/sources").json()["items"][0]["actor"] == "Ada"


def test_the_same_again_is_not_another_import(api):
    upload(api)
    again = upload(api)
    assert (again.status_code, again.json()["unchanged"]) == (200, True)


def test_a_compressed_file_is_read(api):
    assert upload(api, gzip.compress((HEADER + ENTITY).encode()), "by-hand.jsonl.gz").status_code == 201


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("../../etc/by hand.jsonl", "by hand.jsonl"),
        ("C:\\files\\by-hand.jsonl", "by-hand.jsonl"),
        ("..", ".."),
        ("/", "upload"),
        ("x" * 300, "x" * 199 + "…"),
    ],
)
def test_a_fault_is_named_with_the_name_of_the_uploaded_file(api, name, called):
    refused = upload(api, HEADER + "{}\n", name)
    assert refused.status_code == 422
    assert refused.json()["detail"].startswith(f"{called}:2: ")
    assert api.get("/api/v1/catalog/sources").json()["items"] == []


@pytest.mark.parametrize("content", [b"", b"\0", b"\xff\xfe", b"\x1f\x8bdamaged", b"x" * 100_000])
def test_what_is_no_catalog_is_refused_and_tells_no_path(api, content):
    refused = upload(api, content)
    assert refused.status_code == 422
    assert "by-hand.jsonl" in refused.json()["detail"]
    assert "/tmp" not in refused.text
    assert "elsewhere-" not in refused.text


@pytest.mark.parametrize("kind", ["JSONL", "../x", " ", "a" * 60])
def test_a_kind_that_is_no_name_is_refused(api, kind):
    assert upload(api, kind=kind).status_code == 422


def test_a_kind_that_nobody_reads_is_refused(api, connections, monkeypatch):
    from tracker.core.errors import NotFound

    def nobody(name):
        raise NotFound(f"no connector {name!r} is installed")

    monkeypatch.setattr(connections, "catalog_source", nobody)
    refused = upload(api, kind="spoken")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/body/kind")


def test_no_file_is_refused(api):
    assert api.post(PATH, data={"kind": "jsonl"}).status_code == 422
    assert api.post(PATH, json={"file": "x"}).status_code in (415, 422)


# Entities


@pytest.mark.usefixtures("estate")
def test_entities_are_listed_with_owner_and_attributes(api):
    page = api.get("/api/v1/catalog/entities", params={"kind": "component", "sort": "ref"}).json()
    assert [one["ref"] for one in page["items"]] == ["component:default/basket", "component:default/checkout"]
    assert page["items"][0] == {
        "ref": "component:default/basket",
        "kind": "component",
        "sources": ["terraform"],
        "owner": "group:default/payments",
        "attributes": {"type": "service", "lifecycle": "production", "environment": "prod", "tier": 2},
    }


@pytest.mark.usefixtures("estate")
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"kind": ["group", "api"]}, ["payments"]),
        ({"text": "CHECK"}, ["checkout"]),
        ({"source": "terraform"}, ["basket", "checkout"]),
        ({"owner": "Group:Payments"}, ["basket", "checkout"]),
    ],
)
def test_entities_are_narrowed(api, query, names):
    items = api.get("/api/v1/catalog/entities", params={"sort": "ref", **query}).json()["items"]
    assert [one["ref"].rpartition("/")[2] for one in items] == names


@pytest.mark.usefixtures("estate")
def test_all_that_is_known_of_an_entity_is_found_by_any_of_its_names(api):
    found = api.get("/api/v1/catalog/entity", params={"ref": "component:till"}).json()
    assert found["ref"] == "component:default/basket"
    assert found["aliases"] == [{"alias": "component:default/till", "source": "terraform"}]
    assert found["said"][0]["facts"] == {"client.timeout_ms": 250}
    assert found["relations_out"] == {
        "total": 1,
        "first": [
            {"relation": "owned_by", "ref": "group:default/payments", "source": "terraform", "facts": {}}
        ],
    }
    assert found["relations_in"] == {"total": 0, "first": []}


@pytest.mark.usefixtures("estate")
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("entity?ref=component:default/nowhere", 404),
        ("entity?ref=checkout", 422),
        ("entity?ref=pkg:pypi/%2500", 404),
        ("entity?ref=%00", 422),
        ("entity?ref=%ed%a0%80", 422),
        (f"entity?ref=component:{'x' * 600}", 422),
        ("entity", 422),
        ("entity?ref=component:a&ref=component:b", 422),
        ("entities?owner=nobody", 422),
        ("entities?owner=group:nobody", 404),
        ("entities?source=nobody", 404),
        ("entities?kind=planet", 422),
        ("entities?cursor=x", 422),
        ("entities?sort=owner", 422),
        ("entities?limit=0", 422),
        ("entities?limit=99999999999999999999", 422),
        ("entities?knid=api", 422),
        ("sources?sort=-observed_at", 200),
    ],
)
def test_odd_questions_get_an_answer_that_says_so(api, path, status):
    answer = api.get(f"/api/v1/catalog/{path}")
    assert (answer.status_code, path) == (status, path)
