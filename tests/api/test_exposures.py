"""Exposures and what people decide about them, over REST."""

import pytest

from tests.factories import InMemoryCatalog, Service, catalog_snapshot, pattern
from tests.workflows.reading import rows
from tracker.storage.tables import ExposureDecision
from tracker.workflows.curate_lessons import add_pattern, create_lesson
from tracker.workflows.find_where_else import by_lesson
from tracker.workflows.import_catalog import import_catalog
from tracker.workflows.run_programs import add_lesson, create_program

PATH = "/api/v1/exposures"


@pytest.fixture(autouse=True)
def _estate(context):
    """A lesson that is true of three services, and a program that carries it; and another lesson."""
    services = (
        Service("checkout", aliases=("component:default/till",)),
        Service("basket"),
        Service("search"),
    )
    import_catalog(context, InMemoryCatalog({"x": catalog_snapshot(*services)}), "x")
    for lesson, waits in (("deadlines", "waits-for-ever"), ("patience", "waits-too")):
        create_lesson(context, lesson, f"About {lesson}", "Slow is worse than down.")
        add_pattern(context, lesson, pattern(waits))
        by_lesson(context, lesson)
    create_program(context, "bounded-waiting", "Bounded Waiting")
    add_lesson(context, "bounded-waiting", "deadlines")


def decide(api, number=1, **draft: str):
    return api.post(f"{PATH}/{number}/decisions", json=draft)


def test_an_exposure_is_listed_with_what_it_is_of_and_who_works_on_it(api):
    first = api.get(PATH, params={"limit": 1, "sort": "ref"}).json()["items"][0]
    assert first == {
        "id": first["id"],
        "lesson": "deadlines",
        "lesson_title": "About deadlines",
        "ref": "component:default/basket",
        "verdict": "exposed",
        "state": "undecided",
        "first_exposed_at": "2026-03-02T09:30:00Z",
        "updated_at": "2026-03-02T09:30:00Z",
        "decision": None,
        "items": [1],
        "version": 1,
    }


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 6),
        ({"lesson": "patience"}, 3),
        ({"ref": "component:till"}, 2),
        ({"state": ["affected", "fixed"]}, 1),
        ({"state": "undecided", "verdict": "exposed", "program": "bounded-waiting"}, 2),
        ({"verdict": "unknown"}, 0),
    ],
)
def test_exposures_are_narrowed(api, query, count):
    decide(api, decision="affected")
    assert len(api.get(PATH, params=query).json()["items"]) == count


@pytest.mark.parametrize(
    "sort", ["id", "-ref", "lesson", "state", "-verdict", "first_exposed_at", "-updated_at"]
)
def test_pages_in_any_order_have_every_exposure_once(api, sort):
    decide(api, number=2, decision="affected")
    seen, cursor = [], None
    while True:
        query = {"limit": 2, "sort": sort} | ({"cursor": cursor} if cursor else {})
        page = api.get(PATH, params=query).json()
        seen += [one["id"] for one in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert sorted(seen) == [1, 2, 3, 4, 5, 6]


def test_an_exposure_is_read_with_its_evidence_and_decisions(api):
    decide(api, decision="affected")
    decide(api, decision="risk_accepted", until="2026-06-01", justification="It is replaced in May.")
    read = api.get(f"{PATH}/1").json()
    assert [(one["decision"], one["until"], one["actor"]) for one in read["decisions"]] == [
        ("risk_accepted", "2026-06-01", "Ada"),
        ("affected", None, "Ada"),
    ]
    assert (read["state"], read["decision"]) == ("risk_accepted", read["decisions"][0])
    (evaluation,) = read["evaluations"]
    assert evaluation["patterns"] == [{"pattern": "waits-for-ever", "version": 1}]
    assert {one["source"] for one in evaluation["evidence"]} == {"terraform"}


def test_a_decision_is_answered_with_the_exposure(api):
    answer = decide(api, decision="not_affected", justification=" It is read-only. ")
    assert (answer.status_code, answer.json()["state"]) == (201, "not_affected")
    assert answer.json()["decision"]["justification"] == "It is read-only."
    assert answer.json() == api.get(f"{PATH}/1").json()


def test_a_decision_may_be_of_the_version_that_was_read(api):
    version = api.get(f"{PATH}/1").json()["version"]
    send = {"json": {"decision": "affected"}, "headers": {"If-Match": f'"{version}"'}}
    assert [api.post(f"{PATH}/1/decisions", **send).status_code for _ in range(2)] == [201, 412]


def test_a_repeated_request_decides_once(api, database):
    send = {"json": {"decision": "affected"}, "headers": {"Idempotency-Key": "a"}}
    answers = [api.post(f"{PATH}/1/decisions", **send) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert len(rows(database, ExposureDecision)) == 1


@pytest.mark.parametrize(
    ("draft", "pointer"),
    [
        ({}, "/body/decision"),
        ({"decision": "fixed"}, "/body/decision"),
        ({"decision": "not_affected"}, "/body/justification"),
        ({"decision": "not_affected", "justification": " "}, "/body/justification"),
        ({"decision": "not_affected", "justification": "a\0"}, "/body/justification"),
        ({"decision": "not_affected", "justification": "x" * 20_000}, "/body/justification"),
        ({"decision": "risk_accepted"}, "/body/until"),
        ({"decision": "risk_accepted", "until": "2026-03-02"}, "/body/until"),
        ({"decision": "risk_accepted", "until": 1}, "/body/until"),
        ({"decision": "affected", "until": "2027-01-01"}, "/body/until"),
        ({"decision": "affected", "actor": "Eve"}, "/body/actor"),
    ],
)
def test_a_decision_that_lacks_or_has_too_much_is_refused_at_its_place(api, draft, pointer):
    refused = decide(api, **draft)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    assert api.get(f"{PATH}/1").json()["decisions"] == []


def test_half_a_surrogate_pair_is_refused(api):
    body = b'{"decision": "not_affected", "justification": "\\ud800"}'
    headers = {"Content-Type": "application/json"}
    assert api.post(f"{PATH}/1/decisions", content=body, headers=headers).status_code == 422


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/99", 404),
        ("/0", 422),
        ("/99999999999999999999", 422),
        ("?lesson=nowhere", 404),
        ("?program=nowhere", 404),
        ("?ref=component:nowhere", 404),
        ("?ref=nowhere", 422),
        ("?state=closed", 422),
        ("?state=", 422),
    ],
)
def test_odd_questions_get_an_answer_that_says_so(api, path, status):
    assert api.get(PATH + path).status_code == status


def test_what_is_gone_can_only_be_confirmed(api, context, clock):
    gone = catalog_snapshot(Service("search"), observed_at=clock.now)
    import_catalog(context, InMemoryCatalog({"x": gone}), "x")
    by_lesson(context, "deadlines")
    retired = [one["id"] for one in api.get(PATH, params={"state": "retired"}).json()["items"]]
    assert len(retired) == 2
    assert decide(api, retired[0], decision="affected").status_code == 409
    assert decide(api, retired[0], decision="not_affected", justification="Gone.").status_code == 201


def test_a_reader_decides_nothing(reader):
    assert reader.get(f"{PATH}/1").status_code == 200
    assert decide(reader, decision="affected").status_code == 403


def test_a_decision_is_made_for_the_version_that_was_read(api):
    tag = api.get(f"{PATH}/1").headers["ETag"]
    sent = {"json": {"decision": "affected"}, "headers": {"If-Match": tag}}
    decided = api.post(f"{PATH}/1/decisions", **sent)
    assert decided.status_code == 201
    assert decided.headers["ETag"] == api.get(f"{PATH}/1").headers["ETag"] != tag
    assert api.post(f"{PATH}/1/decisions", **sent).status_code == 412
