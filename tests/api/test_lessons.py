"""Learnings and lessons over HTTP: found, curated, and silent about what is confidential."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.estate import ROOT, everything, numbers, pointers, problem, two_postmortems
from tests.factories import pattern_text

LESSONS = f"{ROOT}/lessons"
LEARNINGS = f"{ROOT}/learnings"


@pytest.fixture(autouse=True)
def estate(admin: TestClient) -> None:
    two_postmortems(admin)


def create(client: TestClient, key: str = "command-timeouts", **values: Any) -> Any:
    return client.post(LESSONS, json={"key": key, "title": "Give every cache call a deadline", **values})


def change(client: TestClient, version: str = "*", **values: Any) -> Any:
    return client.patch(f"{LESSONS}/command-timeouts", json=values, headers={"If-Match": version})


# Learnings


def test_learnings_are_found_by_all_conditions(admin: TestClient, subtests: pytest.Subtests) -> None:
    create(admin, learnings=[1])
    questions: list[tuple[dict[str, Any], list[int]]] = [
        ({}, [1, 2]),
        ({"sort": "-id", "limit": 1}, [2, 1]),
        ({"postmortem": 2}, [2]),
        ({"has_lesson": True}, [1]),
        ({"has_lesson": False}, [2]),
        ({"text": "TIMEOUT"}, [1]),
        ({"text": "_"}, []),
    ]
    for asked, found in questions:
        with subtests.test(str(asked)):
            assert numbers(admin, "learnings", **asked) == found


def test_a_learning_names_its_postmortem_and_its_lessons(admin: TestClient) -> None:
    create(admin, "b", learnings=[1])
    create(admin, "a", learnings=[1])
    one = admin.get(f"{LEARNINGS}/1").json()
    assert (one["postmortem_id"], one["lessons"], one["withdrawn"]) == (1, ["a", "b"], False)


@pytest.mark.parametrize(
    "path", ["learnings/99", "lessons/nowhere", "lessons/%20", "lessons/%00", "lessons/%ED%A0%80"]
)
def test_what_is_not_there_is_not_found(api: TestClient, path: str) -> None:
    problem(api.get(f"{ROOT}/{path}"), 404)


# Lessons


def test_a_lesson_is_created_and_read(api: TestClient) -> None:
    made = create(api, statement="A client without a deadline waits for ever.", learnings=[1])
    assert made.status_code == 201
    assert made.headers["location"] == f"{LESSONS}/command-timeouts"
    read = api.get(made.headers["location"])
    assert (read.json(), read.headers["etag"]) == (made.json(), made.headers["etag"])
    assert [one["id"] for one in read.json()["learnings"]] == [1]


def test_a_lesson_without_a_statement_states_its_title(api: TestClient) -> None:
    assert create(api).json()["statement"] == "Give every cache call a deadline"


def test_a_key_is_taken_once(api: TestClient) -> None:
    create(api)
    problem(create(api), 409)


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"title": " "}, "/body/title"),
        ({"title": None}, "/body/title"),
        ({"key": ""}, "/body/key"),
        ({"key": "x" * 101}, "/body/key"),
        ({"statement": "a\0b"}, "/body/statement"),
        ({"learnings": ["1"]}, "/body/learnings/0"),
        ({"learnings": [True]}, "/body/learnings/0"),
        ({"learnings": [2**70]}, "/body/learnings/0"),
        ({"patterns": []}, "/body/patterns"),
    ],
)
def test_a_lesson_that_cannot_be_is_refused_at_its_place(
    api: TestClient, values: dict[str, Any], pointer: str
) -> None:
    assert pointers(create(api, **values)) == [pointer]
    assert everything(api, "lessons") == []


@pytest.mark.parametrize("key", ["No Spaces", "../up", "UPPER", "ends-"])
def test_a_key_that_is_no_key_is_refused(api: TestClient, key: str) -> None:
    problem(create(api, key), 422)


def test_a_lesson_that_comes_from_nowhere_is_not_created(api: TestClient) -> None:
    problem(create(api, learnings=[1, 99]), 404)
    assert everything(api, "lessons") == []


def test_lessons_are_listed_with_their_numbers(api: TestClient) -> None:
    create(api, "b", learnings=[1], statement="Forty-two.")
    create(api, "a")
    listed = everything(api, "lessons", limit=1)
    assert [(one["key"], one["learnings"], one["patterns"]) for one in listed] == [("a", 0, 0), ("b", 1, 0)]
    assert [one["key"] for one in everything(api, "lessons", sort="-key")] == ["b", "a"]
    assert [one["key"] for one in everything(api, "lessons", text="forty")] == ["b"]


def test_a_lesson_gets_other_words(api: TestClient) -> None:
    version = create(api).headers["etag"]
    changed = change(api, version, title="Deadlines everywhere")
    assert (changed.json()["title"], changed.json()["statement"]) == (
        "Deadlines everywhere",
        "Give every cache call a deadline",
    )
    problem(change(api, version, title="Late"), 412)
    problem(api.patch(f"{LESSONS}/command-timeouts", json={"title": "Late"}), 428)
    for refused in ({"title": None}, {"statement": " "}, {"key": "other"}):
        assert pointers(change(api, **refused)) == [f"/body/{next(iter(refused))}"]


def test_learnings_are_attached_once(api: TestClient) -> None:
    version = create(api).headers["etag"]
    first, second = (
        api.post(f"{LESSONS}/command-timeouts/learnings", json={"learning": 1}) for _ in range(2)
    )
    assert version != first.headers["etag"] == second.headers["etag"]
    assert [one["id"] for one in second.json()["learnings"]] == [1]
    problem(api.post(f"{LESSONS}/command-timeouts/learnings", json={"learning": 99}), 404)
    problem(api.post(f"{LESSONS}/nowhere/learnings", json={"learning": 1}), 404)


def test_a_pattern_is_attached_and_a_faulty_one_names_its_line(api: TestClient) -> None:
    create(api)
    patterns = f"{LESSONS}/command-timeouts/patterns"
    attached = api.post(patterns, json={"text": pattern_text()})
    assert (attached.status_code, attached.json()["patterns"]) == (200, ["waits-for-ever"])
    faulty = api.post(patterns, json={"text": pattern_text().replace("exists", "exits")})
    assert pointers(faulty) == ["/body/text"]
    assert "line 5" in faulty.json()["detail"]
    assert api.get(f"{LESSONS}/command-timeouts").json()["patterns"] == ["waits-for-ever"]


def test_a_pattern_is_taken_as_the_file_that_it_is(api: TestClient) -> None:
    create(api)

    def send(content: bytes, media: str = "application/yaml") -> Any:
        return api.post(
            f"{LESSONS}/command-timeouts/patterns", content=content, headers={"Content-Type": media}
        )

    assert send(pattern_text().encode()).json()["patterns"] == ["waits-for-ever"]
    assert "line 5" in problem(send(pattern_text().replace("exists", "exits").encode()), 422)["detail"]
    problem(send(pattern_text().encode(), "application/x-www-form-urlencoded"), 415)
    for nonsense in (b"\xff\xfe", b"a\0b", b"", b"{" * 100, b"- " * 40_000):
        answer = send(nonsense)
        problem(answer, answer.status_code)
        assert answer.status_code in {415, 422}


def test_who_may_only_read_changes_nothing(api: TestClient, reader: TestClient) -> None:
    create(api)
    problem(create(reader, "other"), 403)
    problem(change(reader, title="x"), 403)
    problem(reader.post(f"{LESSONS}/command-timeouts/learnings", json={"learning": 1}), 403)


# Confidentiality


def test_what_a_confidential_postmortem_taught_does_not_exist_for_others(
    admin: TestClient, writer: TestClient, reader: TestClient, api: TestClient
) -> None:
    create(admin, learnings=[1, 2])
    assert len(admin.get(f"{LESSONS}/command-timeouts").json()["learnings"]) == 2
    for client in (writer, reader, api):
        assert numbers(client, "learnings") == [1]
        problem(client.get(f"{LEARNINGS}/2"), 404)
        lesson = client.get(f"{LESSONS}/command-timeouts")
        assert [one["id"] for one in lesson.json()["learnings"]] == [1]
        assert "swordfish" not in lesson.text.lower()
        assert everything(client, "lessons")[0]["learnings"] == 1
    for client in (writer, api):
        problem(client.post(f"{LESSONS}/command-timeouts/learnings", json={"learning": 2}), 404)
        problem(create(client, "other", learnings=[2]), 404)
