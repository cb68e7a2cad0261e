"""The OpenAPI document tells what the API does."""

from pathlib import Path

import pytest

from tests.api.sample_routes import router
from tracker import __version__

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def document(application, client):
    application.include_router(router)
    answer = client().get("/api/v1/openapi.json")
    assert answer.headers["Content-Type"] == "application/json"
    return answer.json()


def operations(document):
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_it_names_the_product_and_its_version(document):
    assert (document["info"]["title"], document["info"]["version"]) == ("Elsewhere", __version__)
    assert document["openapi"].startswith("3.1")


def test_every_operation_has_a_name_of_its_own_after_its_noun(document):
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))
    assert {"tokens_self", "people_in_tests_list", "people_in_tests_create"} <= set(names)


def test_every_operation_says_what_it_does(document):
    unsaid = [op["operationId"] for _, _, op in operations(document) if not op.get("description")]
    assert unsaid == []


def test_every_tag_is_described(document):
    described = {tag["name"] for tag in document["tags"] if tag["description"].endswith(".")}
    used = {tag for _, _, operation in operations(document) for tag in operation["tags"]}
    assert used - described <= {"people-in-tests"}


def test_every_error_is_a_problem(document):
    assert "Problem" in document["components"]["schemas"]
    assert "HTTPValidationError" not in str(document)
    for path, method, operation in operations(document):
        errors = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
        assert {"421", "422", "500"} <= set(errors), (path, method)
        for answer in errors.values():
            [(media, content)] = answer["content"].items()
            assert media == "application/problem+json"
            assert content["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_every_noun_needs_a_token_and_says_so(document):
    for path, method, operation in operations(document):
        if path.startswith("/api/"):
            assert operation["security"] == [{"token": []}], (path, method)
            assert {"401", "403"} <= set(operation["responses"]), (path, method)
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_every_patch_takes_a_version(document):
    for path, method, operation in operations(document):
        if method == "patch":
            [if_match] = [one for one in operation["parameters"] if one["name"] == "If-Match"]
            assert if_match["required"] is True, path
            assert {"412", "428"} <= set(operation["responses"]), path


def test_what_follows_from_a_body_or_a_header_is_documented(document):
    create = document["paths"]["/api/v1/people-in-tests"]["post"]["responses"]
    assert {"201", "400", "409", "413", "415"} <= set(create)
    greet = document["paths"]["/api/v1/people-in-tests/{number}/greet"]["post"]["responses"]
    assert {"409", "412"} <= set(greet)
    assert not {"400", "413", "415"} & set(greet)


def test_no_page_of_it_loads_anything_from_elsewhere(api):
    assert api.get("/docs").status_code == api.get("/redoc").status_code == 404


def test_every_noun_is_in_the_reference(document):
    reference = (Path(__file__).parents[2] / "docs/reference/rest.md").read_text(encoding="utf-8")
    nouns = {"/".join(path.split("/")[:4]) for path in document["paths"]} - {"/api/v1/people-in-tests"}
    assert [noun for noun in sorted(nouns) if f"`{noun}" not in reference] == []


def test_every_status_is_in_the_reference(document):
    reference = (Path(__file__).parents[2] / "docs/reference/rest.md").read_text(encoding="utf-8")
    statuses = {
        status for _, _, one in operations(document) for status in one["responses"] if status >= "400"
    }
    assert [status for status in sorted(statuses) if f"| {status} |" not in reference] == []
