"""A request that is repeated with its key is carried out once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlmodel import Session, select

from tests.api.sample_routes import add, router, with_route
from tests.api.test_problems import END, PEOPLE, assert_problem
from tracker.api.authentication import WriterOnce
from tracker.core.errors import InvalidMove
from tracker.core.tokens import Scope
from tracker.storage.tables import IdempotencyKey, Person
from tracker.workflows import tokens

KEY = {"Idempotency-Key": "6f1f3c9e"}


@pytest.fixture(autouse=True)
def with_people(application):
    application.include_router(router)


def rows(database, table=Person):
    with database.reading() as session:
        return session.exec(select(table)).all()


def test_a_repetition_gets_the_first_answer_and_changes_nothing(api, database):
    first = api.post(PEOPLE, json={"name": "Ada"}, headers=KEY)
    second = api.post(PEOPLE, json={"name": "Ada"}, headers=KEY)
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    for header in ("Location", "ETag", "Content-Type"):
        assert first.headers[header] == second.headers[header]
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(rows(database)) == 1


def test_without_a_key_each_request_is_its_own(api, database):
    for _ in range(2):
        assert api.post(PEOPLE, json={"name": "Ada"}).status_code == 201
    assert len(rows(database)) == 2


def test_a_key_is_for_one_content(api, database):
    api.post(PEOPLE, json={"name": "Ada"}, headers=KEY)
    problem = assert_problem(api.post(PEOPLE, json={"name": "Eve"}, headers=KEY), 422)
    assert problem["errors"][0]["pointer"] == "/header/Idempotency-Key"
    assert_problem(api.post(f"{PEOPLE}/1/greet", headers=KEY), 422)
    assert_problem(api.post(f"{PEOPLE}?", json={"name": "Ada "}, headers=KEY), 422)
    assert len(rows(database)) == 1


def test_everybody_has_keys_of_their_own(api, writer):
    assert api.post(PEOPLE, json={"name": "Ada"}, headers=KEY).status_code == 201
    assert writer.post(PEOPLE, json={"name": "Ada"}, headers=KEY).json()["id"] == 2


def test_what_was_answered_to_one_scope_is_not_for_another(client, context):
    admin = client(token=tokens.create(context, "ci", Scope.ADMIN).secret)
    admin.post(PEOPLE, json={"name": "Ada"}, headers=KEY)
    tokens.revoke(context, "ci")
    demoted = client(token=tokens.create(context, "ci", Scope.WRITE).secret)
    assert_problem(demoted.post(PEOPLE, json={"name": "Ada"}, headers=KEY), 422)


def test_a_refused_request_can_be_corrected_under_its_key(api, database):
    assert_problem(api.post(PEOPLE, json={"name": ""}, headers=KEY), 422)
    assert api.post(PEOPLE, json={"name": "Ada"}, headers=KEY).status_code == 201
    assert len(rows(database)) == 1


def test_a_request_that_failed_after_its_first_step_can_be_repeated(application, client, database):
    fails = [True, False]

    def two_steps(context: WriterOnce) -> str:
        add(context, "Ada")
        if fails.pop(0):
            raise InvalidMove("not now")
        add(context, "Grace")
        return "done"

    with_route(application, two_steps, "POST")
    somebody = client()
    assert_problem(somebody.post(END, headers=KEY), 409, "invalid-move")
    assert somebody.post(END, headers=KEY).json() == "done"
    assert somebody.post(END, headers=KEY).json() == "done"
    assert [person.name for person in rows(database)] == ["Ada", "Ada", "Grace"]


def test_a_fault_of_the_program_gives_the_key_back(application, client, database):
    def fault(context: WriterOnce) -> str:
        add(context, "Ada")
        raise RuntimeError

    with_route(application, fault, "POST")
    assert_problem(client(raise_server_exceptions=False).post(END, headers=KEY), 500)
    assert rows(database, IdempotencyKey) == []


def test_a_lost_answer_is_told_and_nothing_is_changed(api, database):
    api.post(PEOPLE, json={"name": "Ada"}, headers=KEY)

    def forget(session: Session) -> None:  # as if the process had died between the change and its answer
        row = session.exec(select(IdempotencyKey)).one()
        row.status = row.body = row.headers = None
        session.add(row)

    database.transact(forget)
    problem = assert_problem(api.post(PEOPLE, json={"name": "Ada"}, headers=KEY), 409, "held-by-another")
    assert "was carried out" in problem["detail"]
    assert len(rows(database)) == 1


def test_a_key_is_forgotten_after_a_day(api, database, clock):
    api.post(PEOPLE, json={"name": "Ada"}, headers=KEY)
    api.post(PEOPLE, json={"name": "Ada"}, headers={"Idempotency-Key": "never-repeated"})
    clock.advance(timedelta(hours=24))
    answer = api.post(PEOPLE, json={"name": "Ada"}, headers=KEY)
    assert "Idempotency-Replayed" not in answer.headers
    assert len(rows(database)) == 3
    [kept] = rows(database, IdempotencyKey)
    assert kept.created_at == clock.now


def test_of_many_at_once_one_is_carried_out(client, database):
    together = Barrier(8)
    clients = [client() for _ in range(8)]

    def send(somebody):
        together.wait()
        return somebody.post(PEOPLE, json={"name": "Ada"}, headers=KEY)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, clients))
    assert len(rows(database)) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    carried_out = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in carried_out}) == 1
    assert len([one for one in carried_out if "Idempotency-Replayed" not in one.headers]) == 1


@pytest.mark.parametrize("key", ["", " ", "x" * 201, "a b", "ключ", "a\0b"])
def test_a_key_is_printable(api, database, key):
    answer = api.post(PEOPLE, json={"name": "Ada"}, headers={"Idempotency-Key": key.encode()})
    assert_problem(answer, 422)
    assert rows(database) == []
