import pytest

from tracker.core.documents import read_document
from tracker.core.documents.decoding import SIZE_LIMIT
from tracker.core.errors import InvalidDocument


def test_a_byte_order_mark_is_not_a_word():
    document = read_document("outage.md", b"\xef\xbb\xbf# Outage")

    assert document.blocks[0].text == "Outage"
    assert document.lines == ("# Outage",)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_read_when_its_mark_says_so(encoding):
    content = "\ufeff# Ausfall der Förderbänder".encode(encoding)

    assert read_document("outage.md", content).blocks[0].text == "Ausfall der Förderbänder"


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_numbers_do_not_depend_on_the_kind_of_line_end(ending):
    content = ending.join(["# Outage", "", "- add", "- remove", ""]).encode()

    items = [block for block in read_document("a.md", content).walk() if block.kind == "list_item"]

    assert [(item.text, item.line_start) for item in items] == [("add", 3), ("remove", 4)]


def test_an_undecodable_byte_is_refused_with_its_line_and_offset():
    with pytest.raises(
        InvalidDocument, match=r"^reports/a\.md:3: byte 5 is not UTF-8; save the file as UTF-8$"
    ):
        read_document("reports/a.md", b"# A\n\n\xff\xfe")


def test_a_truncated_utf_16_file_is_refused():
    with pytest.raises(InvalidDocument, match="not UTF-16"):
        read_document("a.txt", b"\xff\xfea")


@pytest.mark.parametrize("content", [b"JFIF\n\x00\x01", "\ufeffJFIF\n\0".encode("utf-16-le")])
def test_a_nul_is_refused_with_its_line(content):
    with pytest.raises(InvalidDocument, match=r"^photo\.txt:2: a NUL character"):
        read_document("photo.txt", content)


def test_a_document_above_the_size_limit_is_refused_by_name():
    with pytest.raises(InvalidDocument, match=r"^huge\.md: 4,194,305 bytes"):
        read_document("huge.md", b"a" * (SIZE_LIMIT + 1))


def test_an_empty_document_has_no_blocks():
    assert read_document("empty.md", b"").blocks == ()
    assert read_document("empty.txt", b"").blocks == ()
