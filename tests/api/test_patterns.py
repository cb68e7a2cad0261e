"""Patterns over REST."""

import pytest

from tests.factories import pattern_text

NAME = "waits-for-ever"


def test_a_pattern_is_kept_and_read_as_its_author_wrote_it(api):
    kept = api.post("/api/v1/patterns", json={"text": pattern_text()})
    assert (kept.status_code, kept.headers["Location"]) == (201, f"/api/v1/patterns/{NAME}/versions/1")
    read = api.get(kept.headers["Location"]).json()
    assert read == kept.json() == api.get(f"/api/v1/patterns/{NAME}").json()
    assert (read["source_text"], read["versions"][0]["actor"]) == (pattern_text(), "Ada")
    assert read["definition"]["pattern"] == NAME


def test_another_text_is_another_version_and_the_same_none(api):
    api.post("/api/v1/patterns", json={"text": pattern_text()})
    again = api.post("/api/v1/patterns", json={"text": pattern_text()})
    assert (again.status_code, again.json()["version"]) == (200, 1)
    changed = api.post("/api/v1/patterns", json={"text": pattern_text(about="Waits.")})
    assert (changed.status_code, changed.headers["Location"]) == (201, f"/api/v1/patterns/{NAME}/versions/2")
    assert api.get("/api/v1/patterns").json()["items"] == [{"pattern": NAME, "version": 2, "about": "Waits."}]
    first = api.get(f"/api/v1/patterns/{NAME}/versions/1").json()
    assert (first["version"], first["about"]) == (1, "Calls without a timeout.")


def test_json_is_a_pattern_too(api):
    text = '{"pattern": "any-api", "kind": "api"}'
    assert api.post("/api/v1/patterns", json={"text": text}).json()["definition"] == {
        "pattern": "any-api",
        "kind": "api",
    }


def test_a_pattern_is_checked_and_not_kept(reader):
    assert reader.post("/api/v1/patterns/check", json={"text": pattern_text()}).json() == {
        "pattern": NAME,
        "version": 0,
        "about": "Calls without a timeout.",
    }
    assert reader.get("/api/v1/patterns").json()["items"] == []


def test_lists_are_narrowed_and_come_in_pages(api):
    for name in ("a-b", "b-c", "c-d"):
        api.post("/api/v1/patterns", json={"text": pattern_text(name)})
    page = api.get("/api/v1/patterns", params={"limit": 2, "sort": "-pattern"}).json()
    assert [one["pattern"] for one in page["items"]] == ["c-d", "b-c"]
    rest = api.get(
        "/api/v1/patterns", params={"limit": 2, "sort": "-pattern", "cursor": page["next_cursor"]}
    ).json()
    assert ([one["pattern"] for one in rest["items"]], rest["next_cursor"]) == (["a-b"], None)
    narrowed = api.get("/api/v1/patterns", params={"text": "B-"}).json()["items"]
    assert [one["pattern"] for one in narrowed] == ["a-b", "b-c"][1:]


@pytest.mark.parametrize("path", ["patterns", "patterns/check"])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pattern: x\nall:\n- {fat: a}", "line 3: unknown key 'fat'"),
        ("pattern: x\nabout: 'a\ud7ff", "line 2: not YAML"),
        ('pattern: x\nkind: api\nabout: "a\\0"', "line 3: "),
        ("", "the pattern is empty"),
        (f"pattern: {'x' * 5000}\nkind: api", "line 1: "),
    ],
)
def test_a_fault_is_named_with_its_line(api, path, text, words):
    refused = api.post(f"/api/v1/{path}", json={"text": text})
    assert refused.status_code == 422
    assert words in refused.json()["detail"]
    assert refused.json()["errors"][0]["pointer"] == "/body/text"


@pytest.mark.parametrize(
    "body", [{}, {"text": None}, {"text": 7}, {"text": "a\0"}, {"text": "x" * 70_000}, {"text": "x", "b": 1}]
)
def test_what_is_no_pattern_text_is_refused(api, body):
    assert api.post("/api/v1/patterns", json=body).status_code == 422


@pytest.mark.parametrize("path", ["nowhere", f"{NAME}/versions/2", "%00", "x" * 3000])
def test_what_is_not_there_is_404(api, path):
    api.post("/api/v1/patterns", json={"text": pattern_text()})
    assert api.get(f"/api/v1/patterns/{path}").status_code == 404


def test_a_reader_keeps_nothing(reader):
    assert reader.post("/api/v1/patterns", json={"text": pattern_text()}).status_code == 403
