"""What the neutral catalog format says, line by line."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.jsonl_catalog import connect
from tracker.core.catalog import (
    CoverageStatement,
    EntityAssertion,
    Ref,
    RelationAssertion,
    RelationType,
    SourceSnapshot,
    Value,
)
from tracker.core.ports import CatalogSource
from tracker.samples import company
from tracker.testing.catalog_source import CatalogSourceContract

HEADER = {"elsewhere": 1, "source": "by-hand", "kind": "declared", "observed_at": "2026-11-02T05:15:00+01:00"}
CHECKOUT = Ref("component:default/checkout")
STOCK = Ref("component:default/stock")
PAYMENTS = Ref("group:default/payments")


class TestCatalogSourceContract(CatalogSourceContract):
    @pytest.fixture
    def source(self) -> CatalogSource:
        return connect({})

    @pytest.fixture
    def location(self) -> str:
        return str(company() / "catalog" / "terraform.jsonl")

    @pytest.fixture
    def faulty_location(self, tmp_path: Path) -> str:
        file = tmp_path / "faulty.jsonl"
        file.write_text("{}")
        return str(file)

    @pytest.fixture
    def missing_location(self, tmp_path: Path) -> str:
        return str(tmp_path / "missing.jsonl")


def read(tmp_path: Path, *lines: dict[str, Any]) -> SourceSnapshot:
    file = tmp_path / "catalog.jsonl"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in (HEADER, *lines)))
    return connect({}).read(str(file))


def test_the_header_says_who_looked_how_and_when(tmp_path: Path) -> None:
    observed_at = datetime(2026, 11, 2, 4, 15, tzinfo=UTC)
    snapshot = read(tmp_path)
    assert snapshot == SourceSnapshot("by-hand", "declared", observed_at)
    assert snapshot.observed_at.tzinfo is UTC


def test_an_entity_has_attributes_tags_aliases_and_facts(tmp_path: Path) -> None:
    attributes: dict[str, Value] = {
        "type": "service",
        "lifecycle": "production",
        "environment": "prod",
        "application": "checkout",
        "platform": "web",
        "tier": 1,
    }
    facts: dict[str, Value] = {
        "redis.pool.max": None,
        "replicas": 3,
        "share": 0.5,
        "spot": False,
        "image": "",
        "motto": "für\nalle",
    }
    snapshot = read(
        tmp_path,
        {
            "entity": "Component:Checkout",
            **attributes,
            "tags": ["java", "java", "pci"],
            "aliases": ["component:old/till"],
            "facts": facts,
        },
    )
    assert snapshot.entities == (
        EntityAssertion(CHECKOUT, attributes, ("java", "pci"), (Ref("component:old/till"),), facts),
    )


def test_what_is_absent_was_not_said_and_what_is_null_is_unset(tmp_path: Path) -> None:
    [silent, unset] = read(
        tmp_path,
        {"entity": "component:silent"},
        {"entity": "component:unset", "lifecycle": None, "tier": None, "tags": []},
    ).entities
    assert silent == EntityAssertion(Ref("component:default/silent"))
    assert silent.tags is None
    assert unset.attributes == {"lifecycle": None, "tier": None}
    assert unset.tags == ()


@pytest.mark.parametrize("owner", ["group:default/payments", "user:default/ada"])
def test_an_owner_is_a_relation(tmp_path: Path, owner: str) -> None:
    snapshot = read(tmp_path, {"entity": "component:checkout", "owner": owner})
    assert snapshot.relations == (RelationAssertion(CHECKOUT, Ref(owner), RelationType.OWNED_BY),)
    assert snapshot.entities == (EntityAssertion(CHECKOUT),)


def test_an_owner_that_is_also_given_as_a_relation_counts_once(tmp_path: Path) -> None:
    snapshot = read(
        tmp_path,
        {"entity": "component:checkout", "owner": PAYMENTS},
        {"from": CHECKOUT, "to": PAYMENTS, "relation": "owned_by"},
    )
    assert snapshot.relations == (RelationAssertion(CHECKOUT, PAYMENTS, RelationType.OWNED_BY),)


def test_no_owner_means_that_owners_were_looked_for_there(tmp_path: Path) -> None:
    snapshot = read(tmp_path, {"entity": "component:checkout", "owner": None})
    assert snapshot.relations == ()
    assert snapshot.coverage == (CoverageStatement(CHECKOUT, ("owned_by:out",)),)


@pytest.mark.parametrize(
    ("written", "spelled_out"),
    [
        (["attribute:owner", "attribute:tier"], ("owned_by:out", "attribute:tier")),
        (["attribute:*"], ("attribute:*", "owned_by:out")),
    ],
)
def test_covering_the_owner_means_covering_the_relation(
    tmp_path: Path, written: list[str], spelled_out: tuple[str, ...]
) -> None:
    snapshot = read(tmp_path, {"covers": "*", "for": written})
    assert snapshot.coverage == (CoverageStatement("*", spelled_out),)


def test_a_relation_has_facts_of_its_own(tmp_path: Path) -> None:
    snapshot = read(
        tmp_path,
        {"from": CHECKOUT, "to": STOCK, "relation": "calls", "facts": {"timeout_ms": 500, "retries": None}},
        {"from": CHECKOUT, "to": "pkg:PyPI/Redis", "relation": "contains", "facts": {"version": "4.10"}},
    )
    assert snapshot.relations == (
        RelationAssertion(CHECKOUT, STOCK, RelationType.CALLS, {"timeout_ms": 500, "retries": None}),
        RelationAssertion(CHECKOUT, Ref("pkg:pypi/redis"), RelationType.CONTAINS, {"version": "4.10"}),
    )


def test_the_same_relation_with_other_facts_is_a_parallel_edge(tmp_path: Path) -> None:
    edge = {"from": CHECKOUT, "to": STOCK, "relation": "calls"}
    facts: list[dict[str, Any]] = [
        {},
        {"retries": 1},
        {"retries": 1},
        {"retries": True},
        {"retries": 1.0},
        {},
    ]
    snapshot = read(tmp_path, *({**edge, "facts": one} for one in facts))
    assert [repr(relation.facts) for relation in snapshot.relations] == [
        "{}",
        "{'retries': 1}",
        "{'retries': True}",
        "{'retries': 1.0}",
    ]


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("*", "*"),
        ("Component:*", "component:*"),
        ("component:default/Check*", "component:default/check*"),
        ("component:checkout", "component:default/checkout"),
        ("*:prod/[a-m]*", "*:prod/[a-m]*"),
        ("pkg:pypi/*", "pkg:pypi/*"),
        ("pkg:npm/@shop/*", "pkg:npm/%40shop/*"),
        ("pkg:maven/org.Apache?*", "pkg:maven/org.Apache?*"),
    ],
)
def test_a_coverage_glob_is_written_as_refs_are(tmp_path: Path, written: str, canonical: str) -> None:
    questions = ["entities", "contains", "calls:in", "uses:fact:client.*", "fact:redis.*"]
    snapshot = read(tmp_path, {"covers": written, "for": questions})
    assert snapshot.coverage == (CoverageStatement(canonical, tuple(questions)),)


def test_lines_come_in_any_order_and_blank_ones_are_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "catalog.jsonl"
    relation = json.dumps({"from": CHECKOUT, "to": STOCK, "relation": "calls"})
    file.write_text(f"\n{json.dumps(HEADER)}\r\n\r\n{relation}\n  \n" + '{"entity": "component:stock"}')
    snapshot = connect({}).read(str(file))
    assert (len(snapshot.entities), len(snapshot.relations)) == (1, 1)


def test_a_byte_order_mark_is_tolerated(tmp_path: Path) -> None:
    file = tmp_path / "catalog.jsonl"
    file.write_text(json.dumps(HEADER), encoding="utf-8-sig")
    assert connect({}).read(str(file)).source == "by-hand"


@pytest.mark.parametrize("name", ["catalog.jsonl.gz", "catalog.jsonl"])
def test_gzip_is_known_by_its_content(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(gzip.compress(json.dumps(HEADER).encode() + b'\n{"entity": "component:stock"}\n'))
    assert connect({}).read(str(file)).entities == (EntityAssertion(STOCK),)
