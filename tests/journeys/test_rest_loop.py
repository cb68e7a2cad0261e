"""The whole loop over REST alone: files in, lessons, a program, issues, a person who finishes one, coverage."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import httpx2
import pytest

from connectors.jira.stand_in import Site
from tests.cli.front_door import Elsewhere
from tests.cli.serving import serving
from tests.journeys.test_main_job import CACHE, COMPANY, PROGRAM, TOLD


class Api:
    """A client of the server, which expects every request to be done."""

    def __init__(self, client: httpx2.Client) -> None:
        self.client = client

    def get(self, path: str, **asked: Any) -> Any:
        return self._done(self.client.get(path, params=asked))

    def all(self, path: str, **asked: Any) -> list[Any]:
        """Return a whole list, page after page."""
        found: list[Any] = []
        while True:
            page = self.get(path, limit=20, **asked)
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            asked["cursor"] = page["next_cursor"]

    def post(self, path: str, words: Mapping[str, Any] | None = None, **more: Any) -> Any:
        return self._done(self.client.post(path, json=words, **more))

    def upload(self, path: str, *files: Path) -> Any:
        with ExitStack() as opened:
            parts: list[tuple[str, tuple[str, IO[bytes]]]] = [
                ("file", (file.name, opened.enter_context(file.open("rb")))) for file in files
            ]
            return self._done(self.client.post(path, files=parts))

    def _done(self, answer: httpx2.Response) -> Any:
        assert answer.is_success, f"{answer.request.method} {answer.request.url}: {answer.text}"
        return answer.json()


@pytest.fixture
def api(elsewhere: Elsewhere, site: Site) -> Iterator[Api]:
    """The API, served by the command on a database without rows, and connected with a Jira."""
    assert site.issues == ()
    with serving(elsewhere) as server:
        with httpx2.Client(base_url=f"{server.address}/api/v1/", timeout=60) as client:
            yield Api(client)
        assert server.end().code == 0


def plan_the_program(api: Api) -> None:
    """Do the main job: from the company's files to the work of its program."""
    for file in sorted((COMPANY / "catalog").glob("*.jsonl")):
        api.upload("catalog/imports", file)
    taken = api.upload("postmortems", *sorted((COMPANY / "postmortems").iterdir()))
    assert {one["outcome"] for one in taken} == {"new"}
    api.post("programs", {"key": PROGRAM, "title": TOLD["program"]["title"]})
    for lesson in TOLD["lessons"]:
        found = [
            one["id"] for said in lesson["learnings"] for one in api.all("learnings", text=said["words"])
        ]
        assert len(found) == len(lesson["learnings"])
        words = {name: lesson[name] for name in ("key", "title", "statement")}
        api.post("lessons", {**words, "learnings": found})
        for name in lesson["patterns"]:
            text = (COMPANY / "patterns" / name).read_text(encoding="utf-8")
            api.post(f"lessons/{lesson['key']}/patterns", {"text": text})
        api.post(f"programs/{PROGRAM}/lessons", {"lesson": lesson["key"]})


def test_the_loop_is_closed_over_rest(api: Api, site: Site) -> None:
    plan_the_program(api)
    answer = api.get("where-else", lesson=CACHE["key"], origin=CACHE["origin"])
    assert (len(answer["exposed"]), len(answer["unknown"])) == (9, 6)

    item, *_ = api.all("action-items", program=PROGRAM)
    before = api.get(f"programs/{PROGRAM}/coverage")["by_progress"]
    assert set(before) == {"proposed"}
    api.post(f"action-items/{item['id']}/accept")
    [planned] = api.get("sync/plan")["decisions"]
    assert (planned["item_id"], planned["kind"]) == (item["id"], "create")
    assert site.issues == ()

    run = api.post("sync/runs")
    assert (run["state"], run["problem"]) == ("finished", None)
    [issue] = site.issues
    linked = api.get(f"action-items/{item['id']}")["issue"]
    assert (linked["key"], linked["url"]) == (issue.key, f"{site.url}/browse/{issue.key}")

    site.transition(issue.key, "Done")
    again = api.post("sync/runs")
    [pulled] = api.all(f"sync/runs/{again['id']}/decisions")
    assert (pulled["kind"], pulled["field"], pulled["theirs"]) == ("pull", "status", "done")
    assert api.get(f"action-items/{item['id']}")["state"] == "done"
    coverage = api.get(f"programs/{PROGRAM}/coverage")["by_progress"]
    here = len(item["refs"])
    assert coverage == {"proposed": before["proposed"] - here, "done": here}
    assert [one["id"] for one in api.all("sync/runs")] == [again["id"], run["id"]]


def test_an_item_of_a_postmortem_goes_the_same_way(api: Api, site: Site) -> None:
    api.upload("postmortems", COMPANY / "postmortems" / "2026-06-17-checkout-stopped.md")
    opened = [one for one in api.all("action-items", state="proposed") if one["document_status"] == "open"]
    for item in opened:
        api.post(f"action-items/{item['id']}/accept")
    api.post("sync/runs")
    assert {one.values["summary"] for one in site.issues} == {one["title"] for one in opened}
    key = api.get(f"action-items/{opened[0]['id']}")["issue"]["key"]
    site.transition(key, "In Progress")
    api.post("sync/runs")
    assert {one["id"]: one["state"] for one in api.all("action-items") if one["issue"]} == {
        one["id"]: "in_progress" if one is opened[0] else "accepted" for one in opened
    }


def test_both_faces_tell_the_same_of_a_run(api: Api, elsewhere: Elsewhere) -> None:
    api.upload("postmortems", COMPANY / "postmortems" / "2026-06-17-checkout-stopped.md")
    item = api.all("action-items", state="proposed")[1]
    api.post(f"action-items/{item['id']}/accept")
    assert api.get("sync/plan") == elsewhere.json("sync", "plan")
    run = api.post("sync/runs")
    shown = elsewhere.json("sync", "show", run["id"])
    # How many items were looked at says that there are confidential ones, which only administrators may know.
    assert shown["counts"].pop("items") == 1
    assert shown == run
