"""A change is made to the version that was read."""

import pytest

from tests.api.sample_routes import add, router
from tests.api.test_problems import PEOPLE, assert_problem

PERSON = f"{PEOPLE}/1"


@pytest.fixture
def people(application, client, context):
    application.include_router(router)
    add(context, "Ada")
    return client()


def test_an_answer_tells_its_version(people):
    assert people.get(PERSON).headers["ETag"] == '"1"'
    assert people.post(PEOPLE, json={"name": "Grace"}).headers["ETag"] == '"1"'


def test_a_change_to_the_version_that_was_read(people):
    answer = people.patch(PERSON, json={"name": "Augusta"}, headers={"If-Match": '"1"'})
    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"2"'
    assert people.get(PERSON).headers["ETag"] == '"2"'


def test_a_change_to_a_version_that_is_gone_is_refused(people):
    for status in (200, 412):
        answer = people.patch(PERSON, json={"name": "Augusta"}, headers={"If-Match": '"1"'})
        assert answer.status_code == status
    assert_problem(answer, 412, "version-changed")
    assert people.get(PERSON).json()["version"] == 2


def test_a_change_says_which_version_it_is_for(people):
    assert_problem(people.patch(PERSON, json={"name": "Eve"}), 428, "precondition-required")
    assert people.get(PERSON).json()["name"] == "Ada"


def test_any_version_will_do_if_the_change_says_so(people):
    assert people.patch(PERSON, json={"name": "Augusta"}, headers={"If-Match": "*"}).status_code == 200


@pytest.mark.parametrize(
    ("tag", "status"),
    [
        ('W/"1"', 412),
        ('"one"', 412),
        ('"9999999999999999999999"', 412),
        ('"\xe9"', 412),
        ("1", 422),
        ('"1', 422),
        ("", 422),
        ('"1", "2"', 422),
        ("*, *", 422),
    ],
)
def test_a_tag_that_is_none_of_ours_matches_nothing(people, tag, status):
    answer = people.patch(PERSON, json={"name": "Eve"}, headers={"If-Match": tag.encode("latin-1")})
    assert_problem(answer, status)
    assert people.get(PERSON).json()["name"] == "Ada"


def test_an_action_may_say_which_version_it_is_for(people):
    assert people.post(f"{PERSON}/greet").status_code == 200
    assert people.post(f"{PERSON}/greet", headers={"If-Match": '"1"'}).status_code == 200
    assert_problem(people.post(f"{PERSON}/greet", headers={"If-Match": '"2"'}), 412)


def test_what_is_created_says_where_it_is(people):
    answer = people.post(PEOPLE, json={"name": "Grace"})
    assert answer.headers["Location"] == f"{PEOPLE}/2"
    assert people.get(answer.headers["Location"]).json() == answer.json()
