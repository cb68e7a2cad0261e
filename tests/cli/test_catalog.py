"""`elsewhere catalog`."""

import gzip
import json
from pathlib import Path

import pytest

from tests.cli.front_door import Elsewhere

HEADER = '{"elsewhere": 1, "source": "terraform", "kind": "iac", "observed_at": "2026-11-01T00:00:00Z"}'
SEARCH = '{"entity": "component:default/search", "type": "service"}'
USES = '{"from": "component:default/search", "to": "resource:default/cache", "relation": "uses"}'

BAD_CATALOGS = {
    "prose": (b"Dear all,\n", ":1", "not JSON"),
    "nothing": (b"", "", ""),
    "no header": (SEARCH.encode(), ":1", ""),
    "another version": (HEADER.replace("1,", "9,").encode(), ":1#/elsewhere", "9"),
    "no time zone": (HEADER.replace("Z", "").encode(), ":1#/observed_at", ""),
    "a bad ref": (f'{HEADER}\n{{"entity": "search"}}\n'.encode(), ":2#/entity", "search"),
    "a bad relation": (
        f"{HEADER}\n{SEARCH}\n{USES.replace('uses', 'used')}".encode(),
        ":3#/relation",
        "used",
    ),
    "half a line": (f"{HEADER}\n{SEARCH[:-4]}".encode(), ":2", "not JSON"),
    "not UTF-8": (HEADER.encode() + b'\n{"entity": "component:default/caf\xe9"}', ":2", ""),
    "an entity twice": (f"{HEADER}\n{SEARCH}\n{SEARCH}\n".encode(), "", "component:default/search"),
    "damaged gzip": (gzip.compress(HEADER.encode() * 9)[:40], "", "gzip"),
    "a bad question": (
        f'{HEADER}\n{{"covers": "component:*", "for": ["hope"]}}'.encode(),
        ":2#/for/0",
        "hope",
    ),
}


def catalog(file: Path, *lines: str) -> Path:
    file.write_text("\n".join((HEADER, *lines)) + "\n", encoding="utf-8")
    return file


def test_an_import_prints_what_differs_from_before(elsewhere: Elsewhere, tmp_path: Path) -> None:
    file = catalog(tmp_path / "terraform.jsonl", SEARCH, USES)
    [first] = elsewhere.json("catalog", "import", file)
    assert (first["source"], first["snapshot"], first["unchanged"]) == ("terraform", 1, False)
    assert first["differences"]["relations"]["added"] == {
        "count": 1,
        "first": ["component:default/search uses resource:default/cache"],
    }
    [again] = elsewhere.json("catalog", "import", file)
    assert (again["snapshot"], again["unchanged"]) == (1, True)
    assert "terraform: the same as before" in elsewhere("catalog", "import", file).done().out


def test_a_source_that_no_longer_says_a_thing_takes_it_back(elsewhere: Elsewhere, tmp_path: Path) -> None:
    file = catalog(tmp_path / "terraform.jsonl", SEARCH, USES)
    elsewhere("catalog", "import", file).done()
    file.write_text(f"{HEADER.replace('11-01', '11-02')}\n{SEARCH}\n")
    answer = elsewhere("catalog", "import", file).done()
    assert "relations gone: component:search uses resource:cache" in answer.out


@pytest.mark.parametrize(("content", "place", "words"), BAD_CATALOGS.values(), ids=BAD_CATALOGS)
def test_a_bad_catalog_is_refused_with_its_place_and_nothing_is_saved(
    elsewhere: Elsewhere, tmp_path: Path, content: bytes, place: str, words: str
) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_bytes(content)
    where = f"{file}{place}" if place else ""
    elsewhere("catalog", "import", file).refused(where, words)
    pattern = tmp_path / "any.yaml"
    pattern.write_text("pattern: any\nabout: Any.\nkind: component\n")
    elsewhere("where-else", "--pattern", pattern).refused("no catalog has been imported yet")


def test_files_that_cannot_be_opened_are_refused_each_by_name(elsewhere: Elsewhere, tmp_path: Path) -> None:
    answer = elsewhere("catalog", "import", "nowhere.jsonl", tmp_path)
    assert (answer.code, answer.out) == (2, "")
    nowhere, folder = answer.errors
    assert "nowhere.jsonl: cannot be read (No such file or directory)" in nowhere
    assert f"{tmp_path}: cannot be read (Is a directory)" in folder


def test_a_bad_file_among_good_ones_needs_a_person(elsewhere: Elsewhere, tmp_path: Path) -> None:
    answer = elsewhere("catalog", "import", "nowhere.jsonl", catalog(tmp_path / "good.jsonl", SEARCH))
    assert (answer.code, len(answer.errors)) == (3, 1)
    assert "terraform: observed 2026-11-01 00:00 UTC, snapshot 1" in answer.out


def test_what_was_observed_earlier_does_not_replace_what_was_observed_later(
    elsewhere: Elsewhere, tmp_path: Path
) -> None:
    elsewhere("catalog", "import", catalog(tmp_path / "new.jsonl", SEARCH)).done()
    old = tmp_path / "old.jsonl"
    old.write_text(HEADER.replace("2026", "2025"))
    elsewhere("catalog", "import", old).refused("2025-11-01", "before what is already here")


def test_a_reader_that_is_not_installed_is_refused(elsewhere: Elsewhere, tmp_path: Path) -> None:
    file = catalog(tmp_path / "good.jsonl", SEARCH)
    elsewhere("catalog", "import", "--reader", "backstage", file).refused("'backstage'", "installed: jsonl")


def test_import_without_a_file_is_refused(elsewhere: Elsewhere) -> None:
    elsewhere("catalog", "import").refused("Missing argument 'FILE'")


def test_json_on_standard_output_is_nothing_but_json_even_when_a_file_was_refused(
    elsewhere: Elsewhere, tmp_path: Path
) -> None:
    good = catalog(tmp_path / "good.jsonl", SEARCH)
    answer = elsewhere("catalog", "import", "nowhere.jsonl", good, "--format", "json")
    assert [one["file"] for one in json.loads(answer.out)] == [str(good)]


def test_without_a_catalog_the_list_of_sources_says_how_to_import_one(elsewhere: Elsewhere) -> None:
    assert "elsewhere catalog import FILE" in elsewhere("catalog", "sources").done().out
    assert elsewhere.json("catalog", "sources") == []


def test_the_sources_are_listed_with_what_they_said_last(estate: Elsewhere) -> None:
    names = [one["name"] for one in estate.json("catalog", "sources")]
    assert names == sorted(names)
    page = estate("catalog", "sources").done().out
    assert [name for name in names if name not in page] == []


def test_an_entity_is_shown_with_what_each_source_says_of_it(estate: Elsewhere) -> None:
    shown = estate.json("catalog", "show", "component:checkout")
    page = estate("catalog", "show", "component:checkout").done().out
    assert shown["ref"] == "component:default/checkout"
    assert [one["source"] for one in shown["said"] if one["source"] not in page] == []
    assert f"Edges out: {shown['relations_out']['total']}" in page


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("checkout", "is not an entity ref"),
        ("component:nowhere", "component:default/nowhere is not in the catalog"),
    ],
)
def test_an_entity_that_is_not_there_is_named(estate: Elsewhere, ref: str, words: str) -> None:
    estate("catalog", "show", ref).refused(words)
