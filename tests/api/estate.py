"""Postmortems for the tests of the work nouns, and what is said to the API about them."""

from collections.abc import Iterable
from typing import Any

from fastapi.testclient import TestClient

from tests.factories import Action, postmortem_text
from tracker.workflows.context import Context
from tracker.workflows.triage_action_items import edit_item

ROOT = "/api/v1"
SECRET = "Forbid the swordfish protocol"
"""Stands only in the confidential postmortem: nobody but an administrator may ever read it."""

OPEN = postmortem_text(
    Action("Cut the retries by 50 % in checkout"),
    Action("Write a runbook", owner="Noor Haddadin", due=None, priority="P2"),
    services=("Checkout",),
)
CONFIDENTIAL = postmortem_text(
    Action(SECRET, owner="swordfish squad"),
    title="The swordfish leak",
    services=("Swordfish",),
    learnings=("A swordfish is no pet.",),
)


def upload(
    client: TestClient,
    text: str | bytes,
    name: str = "a.md",
    headers: dict[str, str] | None = None,
    **fields: Any,
) -> Any:
    content = text.encode() if isinstance(text, str) else text
    return client.post(f"{ROOT}/postmortems", files=[("file", (name, content))], data=fields, headers=headers)


def two_postmortems(admin: TestClient) -> None:
    """An open postmortem with items 1 and 2 and learning 1, and a confidential one with item 3 and learning 2."""
    assert upload(admin, OPEN, "open.md").status_code == 201
    assert upload(admin, CONFIDENTIAL, "swordfish.md", confidential="true").status_code == 201


def everything(client: TestClient, path: str, **query: Any) -> list[dict[str, Any]]:
    """Return a whole list, page after page."""
    items: list[dict[str, Any]] = []
    while True:
        answer = client.get(f"{ROOT}/{path}", params=query)
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        if answer.json()["next_cursor"] is None:
            return items
        query["cursor"] = answer.json()["next_cursor"]


def numbers(client: TestClient, path: str, **query: Any) -> list[int]:
    return [one["id"] for one in everything(client, path, **query)]


def problem(answer: Any, status: int) -> dict[str, Any]:
    """Return the problem that an answer is, after looking at what all problems have."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["status"] == status
    return found


def pointers(answer: Any) -> list[str]:
    return [one["pointer"] for one in problem(answer, 422)["errors"]]


def edit(context: Context, item_ids: Iterable[int], **values: Any) -> None:
    for item_id in item_ids:
        edit_item(context, item_id, values)  # type: ignore[arg-type]
