"""What a body says is known by a digest, in which the boundary of a form has no part."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.api.bodies import Body


def digest(content_type: str, *parts: bytes) -> bytes:
    body = Body(content_type, 2**20)
    for part in parts:
        body.take(part)
    return body.digest()


def form(boundary: str, content: bytes = b"a") -> bytes:
    line = f"--{boundary}".encode()
    return (
        line + b'\r\nContent-Disposition: form-data; name="x"\r\n\r\n' + content + b"\r\n" + line + b"--\r\n"
    )


@pytest.mark.parametrize("said", ["boundary=two", 'boundary="two"', "charset=utf-8; Boundary=two"])
def test_the_same_form_with_another_boundary_says_the_same(said: str) -> None:
    one = digest("multipart/form-data; boundary=one", form("one"))
    assert digest(f"Multipart/form-data; {said}", form("two")) == one
    assert digest(f"multipart/form-data; {said}", form("two", b"b")) != one


def test_only_forms_have_a_boundary() -> None:
    assert digest("application/json; boundary=one", b"one") != digest("application/json", b"")


@given(st.text("ab-", min_size=1, max_size=4), st.text("ab-", max_size=40), st.data())
def test_how_a_form_is_cut_into_parts_makes_no_difference(
    boundary: str, text: str, data: st.DataObject
) -> None:
    content = text.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=8)))
    parts = [content[a:b] for a, b in zip([0, *cuts], [*cuts, len(content)], strict=True)]
    said = f"multipart/form-data; boundary={boundary}"
    assert digest(said, *parts) == digest(said, content)
