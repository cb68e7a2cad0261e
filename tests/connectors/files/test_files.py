"""What the files connector takes, passes over and reports."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from connectors.files import connect
from connectors.files.connector import SIZE_LIMIT
from tracker.core.errors import InvalidInput
from tracker.core.ports import PostmortemSource, SourceDocument, UnreadableDocument
from tracker.testing.postmortem_source import PostmortemSourceContract


def documents(*locations: str | Path) -> list[SourceDocument | UnreadableDocument]:
    return list(connect({}).documents([str(location) for location in locations]))


def names(*locations: str | Path) -> list[str]:
    return [document.name for document in documents(*locations)]


def write(folder: Path, *files: str) -> Path:
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(f"# {file}\n")
    return folder


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


class TestPostmortemSourceContract(PostmortemSourceContract):
    @pytest.fixture
    def source(self) -> PostmortemSource:
        return connect({})

    @pytest.fixture
    def location(self, tmp_path: Path) -> str:
        return str(write(tmp_path / "good", "a.md", "b/c.txt"))

    @pytest.fixture
    def partly_unreadable_location(self, tmp_path: Path) -> str:
        folder = write(tmp_path / "partly", "a.md", "c.md")
        (folder / "b.md").symlink_to(folder / "gone.md")
        return str(folder)

    @pytest.fixture
    def missing_location(self, tmp_path: Path) -> str:
        return str(tmp_path / "missing")


def test_a_folder_is_searched_with_its_folders_in_the_order_of_names(here: Path) -> None:
    write(here / "notes", "b.md", "a/z.md", "a/b/y.md", "c/x.md")
    assert names("notes") == ["notes/a/b/y.md", "notes/a/z.md", "notes/b.md", "notes/c/x.md"]


def test_a_name_stays_relative_or_absolute_as_the_user_gave_it(here: Path) -> None:
    write(here / "notes", "a.md")
    assert names("notes/a.md") == ["notes/a.md"]
    assert names(here / "notes") == [f"{here}/notes/a.md"]


@pytest.mark.parametrize(
    "name",
    [
        "a.md",
        "A.MD",
        "a.markdown",
        "a.qmd",
        "a.mdx",
        "a.txt",
        "a.rst",
        "a.adoc",
        "a.html",
        "a.htm",
        "a.org",
        "README",
        "Postmortem",
    ],
)
def test_a_file_named_like_a_text_is_taken_from_a_folder(here: Path, name: str) -> None:
    write(here, name)
    assert names(".") == [name]


@pytest.mark.parametrize("name", ["a.py", "a.yml", "a.md~", "a.md.bak", "a.png", "LICENSE", ".a.md", ".md"])
def test_a_file_not_named_like_a_text_is_passed_over_in_a_folder(here: Path, name: str) -> None:
    write(here, name)
    assert names(".") == []


@pytest.mark.parametrize("name", ["a.yml", "LICENSE", ".hidden.md", "-.md", " "])
def test_a_file_that_is_named_is_taken_whatever_it_is_called(here: Path, name: str) -> None:
    write(here, name)
    assert names(name) == [name]


def test_hidden_folders_are_passed_over_unless_they_are_named(here: Path) -> None:
    write(here, ".git/a.md", "notes/.cache/b.md")
    assert names(".") == []
    assert names(".git") == [".git/a.md"]


def test_a_file_that_is_met_twice_is_yielded_once(here: Path) -> None:
    write(here, "a.md", "b.md")
    assert names("b.md", ".", here / "a.md") == ["b.md", "a.md"]


def test_the_address_is_that_of_the_real_file_percent_encoded(here: Path) -> None:
    write(here, "50% off, ü?#.md")
    (here / "z.md").symlink_to(here / "50% off, ü?#.md")
    [document] = documents("z.md")
    assert isinstance(document, SourceDocument)
    assert document.uri == f"file://{os.path.realpath(here)}/50%25%20off%2C%20%C3%BC%3F%23.md"


def test_the_content_is_handed_over_byte_for_byte(here: Path) -> None:
    (here / "a.md").write_bytes(b"\xef\xbb\xbf\xff\x00\r\n")
    [document] = documents("a.md")
    assert isinstance(document, SourceDocument)
    assert document.content == b"\xef\xbb\xbf\xff\x00\r\n"


def test_a_name_that_is_no_utf_8_is_printable_and_keeps_its_address(here: Path) -> None:
    (here / os.fsdecode(b"caf\xe9.md")).write_text("x")
    [document] = documents(".")
    assert document.name == "caf\ufffd.md"
    assert isinstance(document, SourceDocument)
    assert document.uri.endswith("/caf%E9.md")


def test_a_link_to_a_file_within_the_folder_is_followed(here: Path) -> None:
    write(here, ".store/a", "b.md")
    (here / "a.md").symlink_to(here / ".store/a")
    (here / "c.md").symlink_to("b.md")
    assert names(".") == ["a.md", "b.md"]


def test_a_link_out_of_the_folder_is_reported_and_not_followed(here: Path) -> None:
    write(here, "secret.md", "notes/a.md")
    (here / "notes/b.md").symlink_to(here / "secret.md")
    document, link = documents("notes")
    assert document.name == "notes/a.md"
    assert isinstance(link, UnreadableDocument)
    assert str(link.problem) == "notes/b.md: a link that leads out of notes; to read its target, name that"


def test_a_link_to_a_folder_is_not_followed_so_loops_end(here: Path) -> None:
    write(here, "outside/b.md", "notes/sub/a.md")
    (here / "notes/loop").symlink_to(here / "notes")
    (here / "notes/sub/out").symlink_to(here / "outside")
    (here / "notes/folder.md").symlink_to(here / "notes/sub")
    assert names("notes") == ["notes/sub/a.md"]


def test_a_named_link_is_followed_wherever_it_leads(here: Path) -> None:
    write(here, "outside/a.md")
    (here / "link").symlink_to(here / "outside")
    assert names("link") == ["link/a.md"]


def test_links_that_lead_to_each_other_are_reported_and_the_others_go_on(here: Path) -> None:
    (here / "a.md").symlink_to("b.md")
    (here / "b.md").symlink_to("a.md")
    write(here, "c.md")
    unreadable, *_, last = documents(".")
    assert isinstance(unreadable, UnreadableDocument)
    assert "Too many levels of symbolic links" in str(unreadable.problem)
    assert last.name == "c.md"


def test_a_pipe_in_a_folder_is_reported_and_not_waited_for(here: Path) -> None:
    os.mkfifo(here / "a.md")
    [pipe] = documents(".")
    assert isinstance(pipe, UnreadableDocument)
    assert str(pipe.problem) == "a.md: not a file, so it was not opened"


def test_a_file_that_is_too_large_is_reported_and_the_others_go_on(here: Path) -> None:
    (here / "a.md").write_bytes(b"x" * SIZE_LIMIT)
    (here / "b.md").write_bytes(b"x" * (SIZE_LIMIT + 1))
    write(here, "c.md")
    fits, large, other = documents(".")
    assert isinstance(fits, SourceDocument)
    assert isinstance(large, UnreadableDocument)
    assert str(large.problem).startswith("b.md: more than 10,485,760 bytes")
    assert other.name == "c.md"


def test_what_vanishes_during_the_search_is_reported_and_the_others_go_on(here: Path) -> None:
    write(here, "a.md", "b/x.md", "c.md", "d.md")
    found = connect({}).documents(["."])
    next(found)
    (here / "b/x.md").rename(here / "b.old")
    (here / "c.md").unlink()
    gone, other = found
    assert isinstance(gone, UnreadableDocument)
    assert str(gone.problem) == "c.md: the file cannot be read (No such file or directory)"
    assert other.name == "d.md"


def test_a_forbidden_file_or_folder_is_reported_and_the_others_go_on() -> None:
    with TemporaryDirectory() as name:
        folder = write(Path(name), "a.md", "b/x.md", "c/y.md", "d.md")
        folder.chmod(0o755)
        (folder / "a.md").chmod(0)
        (folder / "b").chmod(0)
        (folder / "c").chmod(0o444)
        with _without_privileges():
            found = documents(folder)
        (folder / "b").chmod(0o700)
        (folder / "c").chmod(0o700)
    *forbidden, last = found
    assert [
        str(one.problem).replace(name, "") for one in forbidden if isinstance(one, UnreadableDocument)
    ] == [
        "/a.md: the file cannot be read (Permission denied)",
        "/b: the folder cannot be searched (Permission denied)",
        "/c/y.md: the file cannot be read (Permission denied)",
    ]
    assert last.name.endswith("/d.md")


@contextmanager
def _without_privileges() -> Iterator[None]:
    """Act as somebody whom permissions bind; the superuser is bound by none."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


@pytest.mark.parametrize("location", ["missing.md", "missing/", "a.md/", "a\0b", "", "x" * 5000])
def test_a_location_that_does_not_exist_is_refused_before_anything_is_read(here: Path, location: str) -> None:
    write(here, "a.md")
    with pytest.raises(InvalidInput, match="there is no such file or folder"):
        connect({}).documents(["a.md", location])
