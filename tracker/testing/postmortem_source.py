"""The contract of a source of postmortems."""
# ruff: noqa: S101 - the assertions of a test suite

from collections.abc import Sequence
from urllib.parse import urlsplit

import pytest

from tracker.core.errors import InvalidInput
from tracker.core.ports import PostmortemSource, SourceDocument, UnreadableDocument


class PostmortemSourceContract:
    """What every postmortem source promises.

    Subclass it in the tests of a connector, under a name that begins with ``Test``, and supply four pytest fixtures:

    - ``source``: the source, connected;
    - ``location``: a location with at least two documents, all of them readable;
    - ``partly_unreadable_location``: one with at least one document that can be read and one that cannot;
    - ``missing_location``: one that does not exist.
    """

    def test_it_has_a_name(self, source: PostmortemSource) -> None:
        """Settings, messages and logs call the source by it."""
        assert source.name.isidentifier()

    def test_every_document_is_handed_over(self, source: PostmortemSource, location: str) -> None:
        """A readable location yields documents only, more than one here."""
        found = list(source.documents([location]))
        assert len(found) > 1
        assert not [document for document in found if isinstance(document, UnreadableDocument)]

    def test_a_document_has_an_absolute_uri_a_name_and_bytes(
        self, source: PostmortemSource, location: str
    ) -> None:
        """The URI identifies a document for ever, so it may not depend on where the command was run."""
        for document in _readable(source, [location]):
            assert urlsplit(document.uri).scheme
            assert document.uri.isascii()
            assert document.name.strip()
            assert isinstance(document.content, bytes)

    def test_a_name_can_be_stored(self, source: PostmortemSource, location: str) -> None:
        """A database takes neither NUL nor half a surrogate pair."""
        for document in _readable(source, [location]):
            assert "\0" not in document.name
            assert document.name.encode(errors="replace").decode() == document.name

    def test_no_document_comes_twice(self, source: PostmortemSource, location: str) -> None:
        """Even where locations overlap."""
        uris = [document.uri for document in _readable(source, [location, location])]
        assert len(uris) == len(set(uris))
        assert uris == [document.uri for document in _readable(source, [location])]

    def test_the_order_is_stable(self, source: PostmortemSource, location: str) -> None:
        """Reading again gives the same documents in the same order."""
        assert list(source.documents([location])) == list(source.documents([location]))

    def test_an_unreadable_document_is_reported_and_the_others_go_on(
        self, source: PostmortemSource, partly_unreadable_location: str
    ) -> None:
        """One bad document never costs the good ones, and is never lost silently."""
        found = list(source.documents([partly_unreadable_location]))
        unreadable = [document for document in found if isinstance(document, UnreadableDocument)]
        assert unreadable
        assert len(found) > len(unreadable)
        for document in unreadable:
            assert document.name.strip()
            assert document.name in str(document.problem)

    def test_a_missing_location_is_refused_before_the_first_document(
        self, source: PostmortemSource, location: str, missing_location: str
    ) -> None:
        """The message names the location that is missing."""
        with pytest.raises(InvalidInput) as refused:
            next(iter(source.documents([location, missing_location])))
        assert missing_location in str(refused.value)

    def test_no_locations_give_no_documents(self, source: PostmortemSource) -> None:
        """Nothing is searched that nobody named."""
        assert list(source.documents([])) == []


def _readable(source: PostmortemSource, locations: Sequence[str]) -> list[SourceDocument]:
    return [document for document in source.documents(locations) if isinstance(document, SourceDocument)]
