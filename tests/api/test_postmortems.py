"""Postmortems over HTTP: uploaded, corrected, downloaded as they came, and absent for those who may not see them."""

import hashlib
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.estate import (
    CONFIDENTIAL,
    OPEN,
    ROOT,
    everything,
    numbers,
    pointers,
    problem,
    two_postmortems,
    upload,
)
from tests.factories import (
    Action,
    InMemoryCatalog,
    Service,
    catalog_snapshot,
    postmortem_template_text,
    postmortem_text,
)
from tests.workflows.reading import history
from tracker import samples
from tracker.storage.session import Database
from tracker.storage.tables import Postmortem
from tracker.workflows.context import Context
from tracker.workflows.import_catalog import import_catalog

POSTMORTEMS = f"{ROOT}/postmortems"


@pytest.fixture
def estate(admin: TestClient) -> None:
    two_postmortems(admin)


def change(client: TestClient, number: int, version: str = "*", **values: Any) -> Any:
    return client.patch(f"{POSTMORTEMS}/{number}", json=values, headers={"If-Match": version})


def outcome(answer: Any) -> tuple[int, str]:
    assert answer.status_code < 300, answer.text
    return answer.status_code, answer.json()[0]["outcome"]


# Uploads


def test_a_new_document_is_made_and_the_same_again_changes_nothing(api: TestClient) -> None:
    made = upload(api, OPEN)
    assert outcome(made) == (201, "new")
    assert made.headers["location"] == f"{POSTMORTEMS}/1"
    assert made.json()[0] == {
        "name": "a.md",
        "outcome": "new",
        "postmortem_id": 1,
        "new": 2,
        "updated": 0,
        "withdrawn": 0,
        "learnings": 1,
        "problem": None,
    }
    again = upload(api, OPEN)
    assert outcome(again) == (200, "unchanged")
    assert "location" not in again.headers


def test_a_changed_document_of_the_same_name_is_its_next_revision(api: TestClient) -> None:
    upload(api, OPEN)
    assert outcome(upload(api, OPEN.replace("Write a runbook", "Write two runbooks"))) == (200, "revised")
    assert api.get(f"{POSTMORTEMS}/1").json()["revisions"] == 2


def test_a_uri_names_a_document_for_ever(api: TestClient) -> None:
    upload(api, OPEN, "a.md", uri="https://wiki.example/41")
    assert outcome(upload(api, postmortem_text(Action("Other")), "a.md")) == (201, "new")
    revised = upload(api, postmortem_text(Action("New")), "b.md", uri="https://wiki.example/41")
    assert (outcome(revised), revised.json()[0]["postmortem_id"]) == ((200, "revised"), 1)


def test_of_several_files_some_are_taken_and_the_others_are_told_of(api: TestClient) -> None:
    files = [
        ("file", ("a.md", OPEN.encode())),
        ("file", ("notes.md", b"# Lunch\n\nSoup.")),
        ("file", ("picture.md", b"\x89PNG\0")),
    ]
    answer = api.post(POSTMORTEMS, files=files)
    assert answer.status_code == 201
    assert [one["outcome"] for one in answer.json()] == ["new", "not a postmortem", "unreadable"]
    again = api.post(POSTMORTEMS, files=files[:1] + files[2:])
    assert (again.status_code, [one["outcome"] for one in again.json()]) == (200, ["unchanged", "unreadable"])
    assert pointers(api.post(POSTMORTEMS, files=files[1:])) == ["/body/file/0", "/body/file/1"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "does not read like a postmortem"),
        (b"\xff\xfe\xfa", "UTF-16"),
        (b"PK\x03\x04\0\0", "NUL"),
        (postmortem_template_text().encode(), "template that nobody has filled in"),
        (b"# x\n" * 2**20 + b"x", "more than a postmortem may have"),
    ],
    ids=["empty", "half", "archive", "template", "large"],
)
def test_a_document_that_teaches_nothing_is_refused(api: TestClient, content: bytes, words: str) -> None:
    answer = upload(api, content)
    assert pointers(answer) == ["/body/file/0"]
    assert words in answer.json()["detail"]
    assert everything(api, "postmortems") == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/absolute/a.md", "a.md"),
        ("C:\\Users\\a.md", "a.md"),
        ("  .hidden.md ", "hidden.md"),
        ("a\x1b[31m\u202ef.md", "a[31mf.md"),
        ("Störung №7, 中文.md", "Störung №7, 中文.md"),
        (f"{'a' * 1000}.md", f"{'a' * 100}{'a' * 97}.md"),
        ("a.md/", None),
        ("..", None),
    ],
)
def test_a_file_name_is_a_name_and_no_path(api: TestClient, name: str, kept: str | None) -> None:
    answer = upload(api, OPEN, name)
    if kept is None:
        assert pointers(answer)[0].startswith("/body/file")
    else:
        assert outcome(answer) == (201, "new")
        assert api.get(f"{POSTMORTEMS}/1").json()["name"] == kept


def test_the_ending_of_the_name_tells_the_format(api: TestClient) -> None:
    upload(api, OPEN, "a.txt")
    upload(api, OPEN.replace("checkout", "cart"), "a.md")
    as_text, as_markdown = (api.get(f"{POSTMORTEMS}/{number}").json() for number in (1, 2))
    assert len(as_markdown["items"]) == 2
    assert as_text["items"] != as_markdown["items"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"uri": "javascript:alert(1)"}, "/body/uri"),
        ({"uri": "wiki page"}, "/body/uri"),
        ({"uri": "https://wiki.example/a\nb"}, "/body/uri"),
        ({"uri": "https://wiki.example/\u202e"}, "/body/uri"),
        ({"uri": f"https://wiki.example/{'x' * 2000}"}, "/body/uri"),
        ({"confidential": "perhaps"}, "/body/confidential"),
        ({"colour": "red"}, "/body/colour"),
    ],
)
def test_a_field_that_cannot_be_meant_is_refused(
    api: TestClient, fields: dict[str, str], pointer: str
) -> None:
    assert pointers(upload(api, OPEN, **fields)) == [pointer]


def test_one_uri_names_one_document(api: TestClient) -> None:
    files = [("file", (name, OPEN.encode())) for name in ("a.md", "b.md")]
    assert pointers(api.post(POSTMORTEMS, files=files, data={"uri": "https://wiki.example/41"})) == [
        "/body/uri"
    ]


@pytest.mark.parametrize(
    "sent",
    [
        {"json": {"file": "a.md"}},
        {"data": {"file": "a.md"}},
        {"content": b"--x\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"content": b"", "headers": {"Content-Type": "multipart/form-data"}},
        {"files": [("file", ("", b"x"))]},
        {"files": [("other", ("a.md", b"x"))]},
        {},
    ],
)
def test_what_is_no_upload_is_refused(api: TestClient, sent: dict[str, Any]) -> None:
    answer = api.post(POSTMORTEMS, **sent)
    problem(answer, answer.status_code)
    assert answer.status_code in {400, 415, 422}


def test_an_upload_larger_than_the_limit_is_refused(api: TestClient) -> None:
    problem(upload(api, b"x" * (9 * 2**20)), 413)


def test_a_repeated_upload_with_a_key_is_made_once(api: TestClient) -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.md"\r\n\r\n'
        + OPEN.encode()
        + b"\r\n--x--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Idempotency-Key": "one"}
    first, second = (api.post(POSTMORTEMS, content=body, headers=headers) for _ in range(2))
    assert (first.status_code, second.status_code, first.json()) == (201, 201, second.json())


def test_who_may_only_read_uploads_nothing(reader: TestClient) -> None:
    problem(upload(reader, OPEN), 403)


# Lists and one


@pytest.mark.usefixtures("estate")
def test_postmortems_are_found_by_all_conditions(admin: TestClient, subtests: pytest.Subtests) -> None:
    questions: list[tuple[dict[str, Any], list[int]]] = [
        ({}, [2, 1]),
        ({"sort": "id", "limit": 1}, [1, 2]),
        ({"sort": "title"}, [1, 2]),
        ({"text": "SWORDFISH"}, [2]),
        ({"text": "open.md"}, [1]),
        ({"severity_level": 1}, [2, 1]),
        ({"severity_level": 3}, []),
        ({"incident_from": "2026-02-14", "incident_until": "2026-02-14"}, [2, 1]),
        ({"incident_from": "2026-02-15"}, []),
        ({"confidential": True}, [2]),
        ({"confidential": False}, [1]),
    ]
    for asked, found in questions:
        with subtests.test(str(asked)):
            assert numbers(admin, "postmortems", **asked) == found


@pytest.mark.usefixtures("estate")
def test_a_postmortem_comes_with_what_was_taken_from_it(api: TestClient) -> None:
    answer = api.get(f"{POSTMORTEMS}/1")
    one = answer.json()
    assert answer.headers["etag"] == f'"{one["version"]}"'
    assert [item["id"] for item in one["items"]] == [1, 2]
    assert [service["printed"] for service in one["services"]] == ["Checkout"]
    assert len(one["learned"]) == one["learnings"] == 1
    assert (one["action_items"], one["programs"]) == (2, [])


# Changes


@pytest.mark.usefixtures("estate")
def test_what_people_know_better_outlasts_the_next_revision(api: TestClient) -> None:
    changed = change(api, 1, '"1"', title="The frozen cache", severity_level=2, incident_date="2026-02-13")
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    upload(api, OPEN.replace("Checkout stopped", "Checkout stood still"), "open.md")
    one = api.get(f"{POSTMORTEMS}/1").json()
    assert (one["title"], one["severity_level"], one["incident_date"], one["revisions"]) == (
        *("The frozen cache", 2, "2026-02-13", 2),
    )
    assert one["severity"] == "SEV-1"


@pytest.mark.usefixtures("estate")
def test_null_clears_and_outlasts_the_next_revision(api: TestClient) -> None:
    assert change(api, 1, incident_date=None).json()["incident_date"] is None
    upload(api, OPEN.replace("50 %", "60 %"), "open.md")
    assert api.get(f"{POSTMORTEMS}/1").json()["incident_date"] is None


@pytest.mark.usefixtures("estate")
def test_a_field_that_nobody_changed_follows_the_document(api: TestClient) -> None:
    change(api, 1, severity_level=2)
    upload(api, OPEN.replace("Checkout stopped", "Checkout stood still"), "open.md")
    assert api.get(f"{POSTMORTEMS}/1").json()["title"].startswith("Checkout stood still")


@pytest.mark.usefixtures("estate")
def test_a_change_needs_the_version_that_was_read(api: TestClient) -> None:
    change(api, 1, title="One")
    problem(change(api, 1, '"1"', title="Two"), 412)
    problem(api.patch(f"{POSTMORTEMS}/1", json={"title": "Two"}), 428)
    assert api.get(f"{POSTMORTEMS}/1").json()["title"] == "One"


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"title": ""}, "/body/title"),
        ({"severity_level": 0}, "/body/severity_level"),
        ({"severity_level": True}, "/body/severity_level"),
        ({"severity_level": "1"}, "/body/severity_level"),
        ({"severity_level": 2**80}, "/body/severity_level"),
        ({"incident_date": 0}, "/body/incident_date"),
        ({"confidential": None}, "/body/confidential"),
        ({"confidential": "yes"}, "/body/confidential"),
        ({"uri": "https://wiki.example/41"}, "/body/uri"),
    ],
)
@pytest.mark.usefixtures("estate")
def test_a_value_that_no_postmortem_has_is_refused(
    admin: TestClient, values: dict[str, Any], pointer: str
) -> None:
    assert pointers(change(admin, 1, **values)) == [pointer]


# Services


@pytest.fixture
def catalog(context: Context) -> None:
    snapshot = catalog_snapshot(Service("checkout"), Service("cart"))
    import_catalog(context, InMemoryCatalog({"x": snapshot}), "x")


def judge(client: TestClient, verb: str, printed: str, number: int = 1, **more: Any) -> Any:
    return client.post(f"{POSTMORTEMS}/{number}/services/{verb}", json={"printed": printed, **more})


@pytest.mark.usefixtures("catalog", "estate")
def test_people_agree_or_disagree_that_a_service_was_impacted(api: TestClient, database: Database) -> None:
    confirmed = judge(api, "confirm", "Checkout")
    assert confirmed.json()["services"] == [
        {"printed": "Checkout", "matched": "component:default/checkout", "state": "confirmed"}
    ]
    assert confirmed.headers["etag"] == '"2"'
    assert judge(api, "confirm", "Checkout").headers["etag"] == '"2"'
    assert judge(api, "reject", "Checkout").json()["services"][0]["state"] == "rejected"
    with database.reading() as session:
        postmortem = session.get_one(Postmortem, 1)
    trail = [(entry.actor, entry.action) for entry in history(database, postmortem)]
    assert trail[1:] == [("Ada", "service confirmed"), ("Ada", "service rejected")]


@pytest.mark.usefixtures("catalog", "estate")
def test_people_say_which_service_is_meant(api: TestClient) -> None:
    assert judge(api, "confirm", "Checkout", ref="Component:Cart").json()["services"][0]["matched"] == (
        "component:default/cart"
    )


@pytest.mark.usefixtures("estate")
def test_a_service_that_nothing_goes_by_is_not_confirmed(api: TestClient) -> None:
    assert pointers(judge(api, "confirm", "Checkout")) == ["/body/ref"]
    assert pointers(judge(api, "confirm", "Checkout", ref="nonsense")) == ["/body/ref"]
    problem(judge(api, "confirm", "Checkout", ref="component:cart"), 404)
    problem(judge(api, "reject", "Mail"), 404)
    problem(judge(api, "reject", "Checkout", 99), 404)


# Revisions and the template


def test_revisions_are_listed_and_downloaded_byte_for_byte(api: TestClient) -> None:
    first, second = (
        OPEN.encode("utf-16"),
        b"\xef\xbb\xbf" + OPEN.replace("50 %", "60 %").replace("\n", "\r\n").encode(),
    )
    upload(api, first, "Störung.md")
    upload(api, second, "Störung.md")
    revisions = everything(api, "postmortems/1/revisions", limit=1)
    assert [(one["number"], one["size"], one["actor"]) for one in revisions] == [
        (2, len(second), "Ada"),
        (1, len(first), "Ada"),
    ]
    for number, content in ((1, first), (2, second)):
        answer = api.get(f"{POSTMORTEMS}/1/revisions/{number}/content")
        assert answer.content == content
        assert revisions[2 - number]["content_hash"] == hashlib.sha256(content).hexdigest()
        assert answer.headers["content-type"] == "text/plain"
        assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''St%C3%B6rung.md"
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.usefixtures("estate")
@pytest.mark.parametrize("path", ["1/revisions/2/content", "99/revisions", "99/revisions/1/content"])
def test_a_revision_that_is_not_there_is_not_found(api: TestClient, path: str) -> None:
    problem(api.get(f"{POSTMORTEMS}/{path}"), 404)


def test_the_template_can_be_read(reader: TestClient) -> None:
    assert reader.get(f"{ROOT}/postmortem-template").text == samples.template()


# Confidentiality


@pytest.mark.usefixtures("estate")
def test_a_confidential_postmortem_does_not_exist_for_others(
    admin: TestClient, writer: TestClient, reader: TestClient, api: TestClient
) -> None:
    assert numbers(admin, "postmortems", sort="id") == [1, 2]
    for client in (writer, reader, api):
        assert numbers(client, "postmortems") == [1]
        assert numbers(client, "postmortems", confidential=True) == []
        for path in ("", "/revisions", "/revisions/1/content"):
            problem(client.get(f"{POSTMORTEMS}/2{path}"), 404)
    for client in (writer, api):
        problem(change(client, 2, title="x"), 404)
        problem(judge(client, "reject", "Swordfish", 2), 404)
    assert b"swordfish" in admin.get(f"{POSTMORTEMS}/2/revisions/1/content").content


@pytest.mark.usefixtures("estate")
def test_only_an_administrator_says_what_is_confidential(admin: TestClient, writer: TestClient) -> None:
    for value in (True, False):
        problem(change(writer, 1, confidential=value), 403)
    assert change(admin, 1, confidential=True).json()["confidential"] is True
    problem(writer.get(f"{POSTMORTEMS}/1"), 404)
    change(admin, 1, confidential=False)
    assert writer.get(f"{POSTMORTEMS}/1").status_code == 200


@pytest.mark.usefixtures("estate")
def test_a_confidential_postmortem_is_not_revised_by_who_cannot_see_it(
    admin: TestClient, writer: TestClient
) -> None:
    before = admin.get(f"{POSTMORTEMS}/2").json()
    for text in (OPEN, CONFIDENTIAL):
        answer = upload(writer, text, "swordfish.md")
        assert pointers(answer) == ["/body/file/0"]
    assert admin.get(f"{POSTMORTEMS}/2").json() == before


@pytest.mark.usefixtures("estate")
def test_the_same_words_elsewhere_tell_nobody_of_a_confidential_postmortem(writer: TestClient) -> None:
    assert outcome(upload(writer, CONFIDENTIAL, "mine.md")) == (201, "new")


def test_who_uploads_a_confidential_document_does_not_see_it_either(
    api: TestClient, admin: TestClient
) -> None:
    assert outcome(upload(api, CONFIDENTIAL, confidential="true")) == (201, "new")
    assert numbers(api, "postmortems") == []
    assert numbers(admin, "postmortems") == [1]


@pytest.mark.usefixtures("estate")
@pytest.mark.parametrize("text", [OPEN, OPEN + "\nMore.\n", "# Minutes\n", b"\xff"])
@pytest.mark.parametrize("name", ["open.md", "copy.md"])
def test_who_uploads_hides_no_postmortem_that_is_known(
    api: TestClient, admin: TestClient, text: str | bytes, name: str
) -> None:
    before = admin.get(f"{POSTMORTEMS}/1").json()
    answer = upload(api, text, name, confidential="true")
    assert answer.status_code == (201 if name == "copy.md" and text == OPEN + "\nMore.\n" else 422)
    assert api.get(f"{POSTMORTEMS}/1").json() == before


@pytest.mark.usefixtures("estate")
@pytest.mark.parametrize("junk", ["# Minutes\n", b"\xff", b""])
def test_what_is_no_postmortem_is_answered_alike_wherever_it_is_sent(
    writer: TestClient, junk: str | bytes
) -> None:
    known, unknown = (
        problem(upload(writer, junk, uri=uri), 422)["errors"]
        for uri in ("upload:///swordfish.md", "upload:///unknown.md")
    )
    assert known == unknown


@pytest.mark.usefixtures("estate")
@pytest.mark.parametrize("how", ["edit", "upload"])
def test_what_became_confidential_is_not_answered_again(
    admin: TestClient, writer: TestClient, how: str
) -> None:
    def accept(client: TestClient, number: int) -> Any:
        return client.post(f"{ROOT}/action-items/{number}/accept", json={"type": "repair"}, headers=key)

    key = {"Idempotency-Key": "1"}
    assert accept(writer, 1).status_code == 200
    first = accept(admin, 2)
    if how == "edit":
        assert change(admin, 1, confidential=True).status_code == 200
    else:
        assert upload(admin, OPEN, "open.md", confidential="true").status_code == 200
    assert "was carried out" in problem(accept(writer, 1), 409)["detail"]
    assert accept(admin, 2).json() == first.json()
    assert len(numbers(admin, "action-items", state="accepted")) == 2


def test_an_upload_is_repeated_with_another_boundary(api: TestClient) -> None:
    answers = [upload(api, OPEN, headers={"Idempotency-Key": "1"}) for _ in range(2)]
    assert len({answer.request.headers["Content-Type"] for answer in answers}) == 2
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[1].headers["Idempotency-Replayed"] == "true"
