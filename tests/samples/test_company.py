"""The invented company: its files keep to the formats, and it still tells the story that the tutorial tells.

The verdicts of both lessons are counted here once more, by hand-written rules over the raw lines and without the
engine, so that neither the data nor the engine can drift unseen.
"""

import json
from collections import Counter
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

import pytest
import yaml

from tracker.core.catalog import ATTRIBUTES, EntityKind, RelationType, kind_of, parse_question, parse_ref
from tracker.core.patterns import parse_pattern
from tracker.samples import company

SOURCES = {"service-catalog": "declared", "terraform": "iac", "build-sboms": "sbom", "mesh-traces": "trace"}
PLATFORMS = {"web", "mobile-backend", "logistics"}

CACHE_EXPOSED = {
    "web": {"recommendations"},
    "mobile-backend": {"app-identity", "app-sessions", "app-basket"},
    "logistics": {"depot-intake", "depot-picking", "delivery-routes", "delivery-quotes"},
}
CACHE_UNKNOWN = {"reviews", "push-sender", "device-registry", "plant-diary", "cold-watch", "address-check"}
RETRIES_EXPOSED = {
    "web": {"checkout", "orders", "product-pages"},
    "logistics": {"depot-returns", "delivery-slots", "delivery-tracking"},
}
RETRIES_UNKNOWN_BEYOND_MOBILE = {
    "reviews", "vouchers", "delivery-notices", "delivery-routes", "address-check", "cold-watch",
}  # fmt: skip


def _lines() -> dict[str, list[dict[str, Any]]]:
    found = {}
    for file in sorted((company() / "catalog").iterdir(), key=lambda file: file.name):
        assert file.name.endswith(".jsonl")
        found[file.name] = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return found


LINES = _lines()
BODY = [line for lines in LINES.values() for line in lines[1:]]
ENTITIES = [line for line in BODY if "entity" in line]
RELATIONS = [line for line in BODY if "relation" in line]
COVERAGE = [line for line in BODY if "covers" in line]
ALIASES = {alias: line["entity"] for line in ENTITIES for alias in line.get("aliases", [])}
SERVICES = {line["entity"]: line for line in ENTITIES if line.get("type") == "service"}
PRODUCTION = {ref: line for ref, line in SERVICES.items() if line["environment"] == "prod"}
COMPANY = yaml.safe_load((company() / "company.yaml").read_text(encoding="utf-8"))
POSTMORTEMS = {
    file.name: file.read_text(encoding="utf-8")
    for file in (company() / "postmortems").iterdir()
    if file.name.endswith(".md")
}


def test_each_file_begins_with_a_header_that_names_its_source_kind_and_time() -> None:
    headers = [lines[0] for lines in LINES.values()]

    assert {header["source"]: header["kind"] for header in headers} == SOURCES
    for header in headers:
        assert set(header) == {"elsewhere", "source", "kind", "observed_at"}
        assert header["elsewhere"] == 1
        assert datetime.fromisoformat(header["observed_at"]).utcoffset() is not None


def test_each_line_is_an_entity_a_relation_or_a_coverage_statement() -> None:
    entity = {"entity", *ATTRIBUTES, "owner", "tags", "aliases", "facts"}

    for line in BODY:
        shapes = [
            set(line) <= entity,
            set(line) <= {"from", "to", "relation", "facts"},
            set(line) == {"covers", "for"},
        ]
        assert sum(shapes) == 1, line


def test_every_ref_is_written_in_its_canonical_form() -> None:
    refs = [line["entity"] for line in ENTITIES] + [line["owner"] for line in ENTITIES if "owner" in line]
    refs += [line[end] for line in RELATIONS for end in ("from", "to")] + list(ALIASES)

    assert [ref for ref in refs if parse_ref(ref) != ref] == []


def test_every_end_of_a_relation_and_every_owner_is_declared_somewhere() -> None:
    declared = {line["entity"] for line in ENTITIES} | set(ALIASES)
    named = {line[end] for line in RELATIONS for end in ("from", "to")}
    named |= {line["owner"] for line in ENTITIES if "owner" in line}

    assert named - declared == set()


def test_every_entity_that_is_not_a_package_plays_a_part() -> None:
    named = {ALIASES.get(line[end], line[end]) for line in RELATIONS for end in ("from", "to")}
    named |= {line["owner"] for line in ENTITIES if "owner" in line}

    assert {line["entity"] for line in ENTITIES} - named == {"component:default/cache-client"}


def test_relations_and_coverage_questions_follow_the_grammar() -> None:
    assert {line["relation"] for line in RELATIONS} <= set(RelationType)
    for line in COVERAGE:
        assert [parse_question(question) for question in line["for"]] == line["for"]


def test_no_coverage_statement_misses_everything() -> None:
    known = {line["entity"] for line in ENTITIES}

    assert [
        line["covers"] for line in COVERAGE if not any(fnmatchcase(ref, line["covers"]) for ref in known)
    ] == []


def test_no_source_says_a_thing_twice() -> None:
    for lines in LINES.values():
        said = Counter(json.dumps(line, sort_keys=True) for line in lines)
        assert [line for line, times in said.items() if times > 1] == []


def test_forty_services_run_on_three_platforms_and_belong_to_seven_teams() -> None:
    assert Counter(line["platform"] for line in PRODUCTION.values()) == {
        "web": 14, "mobile-backend": 12, "logistics": 14,
    }  # fmt: skip
    assert len({line["owner"] for line in PRODUCTION.values()}) == 7
    assert {line["tier"] for line in PRODUCTION.values()} == {1, 2, 3}


def test_two_services_are_also_deployed_to_staging_with_other_settings() -> None:
    staging = {line["application"] for line in SERVICES.values() if line["environment"] == "staging"}
    timeouts = {
        line["from"]: line["facts"]["client.command_timeout_ms"]
        for line in RELATIONS
        if line["relation"] == "uses" and line["to"].endswith(("/session-cache", "/depot-cache"))
    }

    assert staging == {"checkout", "delivery-routes"}
    for application in staging:
        assert timeouts[f"component:default/{application}"] != timeouts[f"component:staging/{application}"]


def test_the_four_postmortems_name_services_of_the_catalog() -> None:
    impacted = {
        "2026-06-17-checkout-stopped.md": ["checkout", "web-gateway", "vouchers"],
        "2026-07-29-labels-stopped-printing.md": ["depot-labels", "depot-picking", "orders"],
        "2026-09-08-app-sign-in-failed.md": ["app-identity", "app-gateway", "reviews"],
        "2026-10-14-slot-booking-down.md": ["delivery-slots", "checkout", "app-basket"],
    }

    assert set(POSTMORTEMS) == set(impacted)
    for name, services in impacted.items():
        for service in services:
            assert service in POSTMORTEMS[name]
            assert f"component:default/{service}" in PRODUCTION


def test_each_lesson_names_a_learning_pattern_and_origin_that_exist() -> None:
    for lesson in COMPANY["lessons"]:
        assert lesson["title"]
        assert lesson["statement"]
        assert lesson["origin"] in PRODUCTION
        assert lesson["learnings"]
        for learning in lesson["learnings"]:
            assert learning["words"] in POSTMORTEMS[learning["postmortem"]]
        for pattern in lesson["patterns"]:
            text = (company() / "patterns" / pattern).read_text(encoding="utf-8")
            assert parse_pattern(text, pattern).name == pattern.removesuffix(".yaml")


def test_every_pattern_file_belongs_to_a_lesson_and_every_lesson_to_the_program() -> None:
    files = {file.name for file in (company() / "patterns").iterdir()}

    assert files == {pattern for lesson in COMPANY["lessons"] for pattern in lesson["patterns"]}
    assert COMPANY["program"]["lessons"] == [lesson["key"] for lesson in COMPANY["lessons"]]
    assert all(COMPANY["program"][key] for key in ("key", "title", "sponsor", "lead", "goal"))


def test_the_cache_lesson_applies_on_all_three_platforms_and_cannot_be_told_for_six() -> None:
    verdicts = {ref: _waits_for_a_cache_without_deadline(ref) for ref in SERVICES}
    exposed = {f"component:default/{name}" for names in CACHE_EXPOSED.values() for name in names}

    assert _having(verdicts, True) == exposed | {"component:staging/checkout"}
    assert _having(verdicts, None) == {f"component:default/{name}" for name in CACHE_UNKNOWN}
    for platform, names in CACHE_EXPOSED.items():
        assert {PRODUCTION[f"component:default/{name}"]["platform"] for name in names} == {platform}


def test_the_retry_lesson_applies_to_six_and_cannot_be_told_on_the_whole_mobile_platform() -> None:
    verdicts = {ref: _retries_above_a_provider(ref) for ref in SERVICES}
    mobile = {
        ref
        for ref, line in PRODUCTION.items()
        if line["platform"] == "mobile-backend" and line["lifecycle"] == "production"
    }
    beyond = {f"component:default/{name}" for name in RETRIES_UNKNOWN_BEYOND_MOBILE}

    assert _having(verdicts, True) == {
        f"component:default/{name}" for names in RETRIES_EXPOSED.values() for name in names
    }
    assert len(mobile) == 11
    assert _having(verdicts, None) == mobile | beyond


def _having(verdicts: dict[str, bool | None], verdict: bool | None) -> set[str]:
    return {ref for ref, found in verdicts.items() if found is verdict}


def _out(ref: str, relation: str) -> list[dict[str, Any]]:
    return [
        line
        for line in RELATIONS
        if line["relation"] == relation and ALIASES.get(line["from"], line["from"]) == ref
    ]


def _looked(ref: str, question: str) -> bool:
    return any(fnmatchcase(ref, line["covers"]) and question in line["for"] for line in COVERAGE)


def _every(*parts: bool | None) -> bool | None:
    return False if False in parts else None if None in parts else True


def _some(*parts: bool | None) -> bool | None:
    return True if True in parts else None if None in parts else False


def _waits_for_a_cache_without_deadline(ref: str) -> bool | None:
    about = {line["entity"]: line for line in ENTITIES if line.get("type") == "cache"}
    hangs = any(
        edge["to"] in about
        and "cache-proxy" not in about[edge["to"]]["tags"]
        and edge["facts"]["client.command_timeout_ms"] is None
        for edge in _out(ref, "uses")
    )
    clients = any(
        (edge["to"].endswith("/cache-client") and int(edge["facts"]["version"].split(".")[0]) < 3)
        or (edge["to"] == "pkg:pypi/redis" and int(edge["facts"]["version"].split(".")[0]) < 8)
        or edge["to"] == "pkg:maven/io.lettuce/lettuce-core"
        for edge in _out(ref, "contains")
    )
    return _every(
        SERVICES[ref]["lifecycle"] == "production",
        hangs or (False if _looked(ref, "uses:out") else None),
        clients or (False if _looked(ref, "contains") else None),
    )


def _retries_above_a_provider(ref: str) -> bool | None:
    if SERVICES[ref]["lifecycle"] != "production" or SERVICES[ref]["environment"] != "prod":
        return False
    calls = [
        _reaches_a_provider(edge["to"], 2)
        for edge in _out(ref, "calls")
        if edge["to"] in SERVICES
        and edge["facts"]["retries"] > 1
        and edge["facts"]["retry_budget_percent"] is None
    ]
    return _some(*calls, False if _looked(ref, "calls:out") else None)


def _reaches_a_provider(ref: str, hops: int) -> bool | None:
    outside = {line["entity"] for line in ENTITIES if line.get("type") == "external-service"}
    if ref in outside:
        return True
    if hops == 0 or kind_of(parse_ref(ref)) is EntityKind.RESOURCE:
        return False
    further = [_reaches_a_provider(edge["to"], hops - 1) for edge in _out(ref, "calls")]
    return _some(*further, False if _looked(ref, "calls:out") else None)


@pytest.mark.parametrize("lesson", COMPANY["lessons"], ids=lambda lesson: lesson["key"])
def test_the_service_that_had_the_incident_is_no_longer_exposed(lesson: dict[str, Any]) -> None:
    verdict = {
        "every-cache-call-has-a-deadline": _waits_for_a_cache_without_deadline,
        "retries-have-a-budget": _retries_above_a_provider,
    }[lesson["key"]]

    assert verdict(lesson["origin"]) is False
