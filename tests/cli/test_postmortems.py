"""`elsewhere ingest`, `extract`, `template` and `postmortems`."""

import json
import os
from pathlib import Path

import pytest

from tests.cli.front_door import Elsewhere

REVIEW = """\
# Search was slow for an hour

- Date: 2026-05-04
- Severity: SEV-2

## Impact

One search in five failed between 10:00 and 11:00 UTC.

## Lessons learned

- The index had no alarm for its disk, so nobody knew.

## Action items

- [ ] Add an alarm for the disk of the index (owner: Ada, due 2026-06-01)
- [x] Move the index to a larger disk
"""

UNREADABLE = b"\x00\x01\x02\x03" * 64

CONTRACT = {
    "path", "kind", "title", "incident_date", "severity", "severity_level", "action_items", "learnings", "services",
    "programs",
}  # fmt: skip


@pytest.fixture
def review(tmp_path: Path) -> Path:
    file = tmp_path / "review.md"
    file.write_text(REVIEW, encoding="utf-8")
    return file


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    file = tmp_path / "broken.md"
    file.write_bytes(UNREADABLE)
    return file


def test_ingest_says_what_it_took(elsewhere: Elsewhere, review: Path) -> None:
    answer = elsewhere("ingest", review).done()
    assert "review.md" in answer.out
    assert answer.out.endswith("1 new\n")
    assert answer.err == ""


def test_ingest_answers_programs_in_json(elsewhere: Elsewhere, review: Path) -> None:
    [taken] = elsewhere.json("ingest", review)
    assert (taken["outcome"], taken["new"], taken["learnings"]) == ("new", 2, 1)


def test_an_unchanged_document_changes_nothing(elsewhere: Elsewhere, review: Path) -> None:
    elsewhere("ingest", review).done()
    [again] = elsewhere.json("ingest", review)
    assert (again["outcome"], again["new"]) == ("unchanged", 0)


def test_ingest_of_an_empty_folder_says_what_it_reads(elsewhere: Elsewhere, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "No documents there." in elsewhere("ingest", tmp_path / "empty").done().out
    assert elsewhere.json("ingest", tmp_path / "empty") == []


def test_ingest_of_a_path_that_is_not_there_is_refused_before_anything_is_saved(
    elsewhere: Elsewhere, review: Path
) -> None:
    elsewhere("ingest", review, "nowhere.md").refused("nowhere.md", "no such file")
    assert elsewhere.json("postmortems", "list") == []


def test_ingest_of_one_unreadable_file_among_others_needs_a_person(
    elsewhere: Elsewhere, review: Path, broken: Path
) -> None:
    answer = elsewhere("ingest", broken, review)
    assert answer.code == 3
    [error] = answer.errors
    assert str(broken) in error
    assert len(elsewhere.json("postmortems", "list")) == 1


def test_ingest_of_nothing_but_unreadable_files_is_refused(elsewhere: Elsewhere, broken: Path) -> None:
    answer = elsewhere("ingest", broken, "--format", "json")
    assert answer.code == 2
    assert [one["outcome"] for one in json.loads(answer.out)] == ["unreadable"]
    assert elsewhere.json("postmortems", "list") == []


def test_a_document_in_another_encoding_is_refused_with_the_line(
    elsewhere: Elsewhere, tmp_path: Path
) -> None:
    file = tmp_path / "latin.md"
    file.write_bytes(REVIEW.replace("Search was", "La recherche était").encode("latin-1"))
    for command, code in (("ingest", 2), ("extract", 3)):
        answer = elsewhere(command, file)
        assert answer.code == code
        assert [error.partition(": byte")[0] for error in answer.errors] == [f"error: {file}:1"]
        assert "save the file as UTF-8" in answer.err


def test_ingest_without_a_path_is_refused(elsewhere: Elsewhere) -> None:
    elsewhere("ingest").refused("Missing argument 'PATH'")


def test_a_confidential_document_is_marked(elsewhere: Elsewhere, review: Path) -> None:
    elsewhere("ingest", review, "--confidential").done()
    assert [one["confidential"] for one in elsewhere.json("postmortems", "list")] == [True]
    assert "[confidential]" in elsewhere("postmortems", "list").out


def test_extract_prints_a_line_for_each_document_in_order_and_needs_no_database(
    review: Path, company: Path, tmp_path: Path
) -> None:
    named = [review, *sorted((company / "postmortems").iterdir())]
    answer = Elsewhere(f"sqlite:///{tmp_path}/never.sqlite")("extract", *named, "--format", "jsonl").done()
    documents = [json.loads(line) for line in answer.out.splitlines()]
    assert [document["path"] for document in documents] == [str(file) for file in named]
    assert {frozenset(document) for document in documents} == {frozenset(CONTRACT)}
    assert not (tmp_path / "never.sqlite").exists()


def test_extract_takes_what_the_document_says(review: Path) -> None:
    document = json.loads(Elsewhere()("extract", review).done().out)
    assert (document["kind"], document["incident_date"]) == ("postmortem", "2026-05-04")
    assert (document["severity"], document["severity_level"]) == ("SEV-2", 2)
    assert [item["status"] for item in document["action_items"]] == ["open", "done"]
    assert document["learnings"][0]["line_start"] == 12


def test_extract_names_unreadable_files_and_goes_on(review: Path, broken: Path, tmp_path: Path) -> None:
    answer = Elsewhere()("extract", "nowhere.md", broken, tmp_path, review)
    assert answer.code == 3
    assert [json.loads(line)["path"] for line in answer.out.splitlines()] == [str(review)]
    nowhere, unreadable, folder = answer.errors
    assert "nowhere.md: cannot be read (No such file or directory)" in nowhere
    assert str(broken) in unreadable
    assert f"{tmp_path}: cannot be read (Is a directory)" in folder


def test_extract_answers_3_even_if_the_only_file_is_unreadable(broken: Path) -> None:
    answer = Elsewhere()("extract", broken)
    assert (answer.code, answer.out) == (3, "")


def test_extract_knows_one_format(review: Path) -> None:
    Elsewhere()("extract", review, "--format", "csv").refused("--format", "'csv'", "jsonl")


def test_a_file_whose_name_is_no_text_is_named_as_well_as_can_be(
    elsewhere: Elsewhere, tmp_path: Path
) -> None:
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.md")
    Path(odd).write_text(REVIEW, encoding="utf-8")
    for command in (["extract", odd], ["ingest", odd, "--format", "json"]):
        assert f"{tmp_path}/\N{REPLACEMENT CHARACTER}.md" in elsewhere(*command).done().out
    assert elsewhere.by_itself("extract", odd).done().out.count("\n") == 1


def test_the_template_is_read_as_a_template(elsewhere: Elsewhere, tmp_path: Path) -> None:
    template = elsewhere("template").done().out
    assert "Related SRE programs" in template
    (tmp_path / "template.md").write_text(template, encoding="utf-8")
    [taken] = elsewhere.json("ingest", tmp_path / "template.md")
    assert (taken["outcome"], taken["new"]) == ("template", 0)


def test_a_list_without_postmortems_says_how_to_get_some(elsewhere: Elsewhere) -> None:
    assert "elsewhere ingest PATH" in elsewhere("postmortems", "list").done().out
    assert elsewhere.json("postmortems", "list") == []


def test_postmortems_are_listed_latest_incident_first(estate: Elsewhere) -> None:
    listed = estate.json("postmortems", "list")
    dates = [one["incident_date"] for one in listed]
    assert dates == sorted(dates, reverse=True)
    assert len(dates) == 4
    table = estate("postmortems", "list").done().out
    assert [one for one in listed if one["title"][:30] not in table] == []


def test_one_postmortem_is_shown_with_all_that_was_taken_from_it(estate: Elsewhere) -> None:
    shown = estate.json("postmortems", "show", 1)
    assert shown["action_items"] == len(shown["items"]) > 0
    assert shown["learnings"] == len(shown["learned"]) > 0
    page = estate("postmortems", "show", 1).done().out
    assert f"Postmortem 1: {shown['title']}" in page
    assert all(item["title"] in page for item in shown["items"])


def test_the_source_of_a_postmortem_is_printed_as_it_was(estate: Elsewhere, company: Path) -> None:
    first = company / "postmortems" / "2026-06-17-checkout-stopped.md"
    assert estate("postmortems", "show", 1, "--source").done().out == first.read_text(encoding="utf-8")


@pytest.mark.parametrize("more", [[], ["--source"]])
def test_a_postmortem_that_does_not_exist_is_refused(estate: Elsewhere, more: list[str]) -> None:
    estate("postmortems", "show", 99, *more).refused("no postmortem 99", "elsewhere postmortems list")


def test_a_postmortem_is_named_by_a_number(estate: Elsewhere) -> None:
    estate("postmortems", "show", "checkout").refused("Invalid value for 'ID'")
