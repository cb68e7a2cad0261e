"""People, teams, and owners who are nobody whom we know, over REST."""

import pytest

from tests.factories import Action, InMemoryPostmortems, postmortem_text
from tracker.core.catalog import Ref
from tracker.storage.people import team_of
from tracker.workflows.ingest_postmortems import ingest

PATH = "/api/v1/people"
MARA = {"name": "Mara Lind", "identities": [{"kind": "email", "value": "Mara@example.org"}]}


@pytest.fixture
def owned(context):
    """Ingests a postmortem whose items have these owners."""

    def ingested(*owners: str, confidential=False):
        actions = (Action(f"Repair part {number}", owner=owner) for number, owner in enumerate(owners))
        source = InMemoryPostmortems({f"{confidential}.md": postmortem_text(*actions)})
        list(ingest(context, source, source.texts.keys(), confidential=confidential))

    return ingested


@pytest.fixture
def team(context):
    """A team of the catalog; its path."""
    context.database.transact(lambda session: team_of(session, Ref("group:default/payments"), context.now).id)
    return "/api/v1/teams/1"


def test_a_person_is_created_listed_and_read(api):
    created = api.post(PATH, json=MARA)
    assert (created.status_code, created.headers["Location"]) == (201, f"{PATH}/1")
    assert created.json()["identities"] == [
        {"kind": "email", "value": "mara@example.org"},
        {"kind": "name", "value": "mara lind"},
    ]
    assert api.get(f"{PATH}/1").json() == created.json()
    assert api.get(PATH, params={"text": "EXAMPLE"}).json()["items"] == [created.json()]
    assert api.get(PATH, params={"text": "nobody"}).json()["items"] == []


def test_owners_are_recognised_when_their_person_is_known(api, owned):
    owned("Mara Lind", "Jo", "Mara Lind")
    unresolved = f"{PATH}/unresolved"
    assert api.get(unresolved).json()["items"] == [
        {"owner": "Mara Lind", "items": 2},
        {"owner": "Jo", "items": 1},
    ]
    api.post(PATH, json=MARA)
    assert api.get(unresolved).json()["items"] == [{"owner": "Jo", "items": 1}]
    api.post(f"{PATH}/1/identities", json={"kind": "name", "value": "JO"})
    assert api.get(unresolved).json() == {"items": [], "next_cursor": None}


def test_unresolved_owners_come_in_pages(api, owned):
    owned("A", "B", "C", "C")
    page = api.get(f"{PATH}/unresolved", params={"limit": 2, "sort": "-owner"}).json()
    rest = api.get(
        f"{PATH}/unresolved", params={"limit": 2, "sort": "-owner", "cursor": page["next_cursor"]}
    ).json()
    assert [one["owner"] for one in page["items"] + rest["items"]] == ["C", "B", "A"]


def test_owners_in_confidential_postmortems_exist_for_administrators_only(api, admin, owned):
    owned("Mara Lind", confidential=True)
    assert api.get(f"{PATH}/unresolved").json()["items"] == []
    assert admin.get(f"{PATH}/unresolved").json()["items"] == [{"owner": "Mara Lind", "items": 1}]


def test_a_name_belongs_to_one(api, team):
    api.post(PATH, json=MARA)
    mail = {"kind": "email", "value": "mara@example.org"}
    assert api.post(PATH, json={"name": "Jo", "identities": [mail]}).status_code == 409
    assert api.post(f"{team}/identities", json=mail).status_code == 409
    assert api.post(f"{PATH}/1/identities", json=mail).status_code == 200
    assert len(api.get(PATH).json()["items"]) == 1


def test_a_team_goes_by_one_more_name(api, team):
    named = api.post(f"{team}/identities", json={"kind": "chat", "value": "@payments-crew"})
    assert named.status_code == 200
    assert (
        named.json()
        == api.get(team).json()
        == api.get("/api/v1/teams", params={"text": "crew"}).json()["items"][0]
    )
    assert [one["value"] for one in named.json()["identities"]] == [
        "group:default/payments",
        "payments-crew",
        "payments",
    ]


@pytest.mark.parametrize(
    ("draft", "pointer"),
    [
        ({}, "/body/name"),
        ({"name": " "}, "/body/name"),
        ({"name": "x" * 301}, "/body/name"),
        ({"name": "a\0"}, "/body/name"),
        ({"name": "Jo", "identities": [{"kind": "email", "value": "Jo"}]}, "/body/identities/0/value"),
        ({"name": "Jo", "identities": [{"kind": "phone", "value": "1"}]}, "/body/identities/0/kind"),
        ({"name": "Jo", "identities": [{"kind": "chat", "value": "@"}]}, "/body/identities/0/value"),
        ({"name": "Jo", "identities": [{"kind": "name", "value": "a\0"}]}, "/body/identities"),
        ({"name": "Jo", "identities": None}, "/body/identities"),
        ({"name": "Jo", "id": 7}, "/body/id"),
    ],
)
def test_a_person_that_makes_no_sense_is_refused_at_its_place(api, draft, pointer):
    refused = api.post(PATH, json=draft)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    assert api.get(PATH).json()["items"] == []


@pytest.mark.parametrize("path", ["people/1", "teams/1"])
def test_who_is_not_there_is_404(api, path):
    assert api.get(f"/api/v1/{path}").status_code == 404
    name = {"kind": "name", "value": "x"}
    assert api.post(f"/api/v1/{path}/identities", json=name).status_code == 404


@pytest.mark.parametrize("path", ["people/0", "teams/99999999999999999999", "people?sort=age", "teams?x=1"])
def test_odd_questions_are_refused(api, path):
    assert api.get(f"/api/v1/{path}").status_code == 422


def test_a_reader_adds_nobody(reader):
    assert reader.post(PATH, json=MARA).status_code == 403
