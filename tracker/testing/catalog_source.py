"""The contract of a source of catalogs."""
# ruff: noqa: S101 - the assertions of a test suite

from collections.abc import Mapping
from datetime import timedelta

import pytest

from tracker.core.catalog import (
    ATTRIBUTES,
    LEAVES_FROM,
    SourceSnapshot,
    Value,
    kind_of,
    parse_question,
    parse_ref,
)
from tracker.core.errors import InvalidCatalog
from tracker.core.ports import CatalogSource


class CatalogSourceContract:
    """What every catalog source promises.

    Subclass it in the tests of a connector, under a name that begins with ``Test``, and supply four pytest fixtures:

    - ``source``: the source, connected;
    - ``location``: a location that says at least one of each: entity, attribute, relation, fact, coverage statement;
    - ``faulty_location``: one where what is said is wrong;
    - ``missing_location``: one that does not exist.
    """

    def test_it_has_a_name(self, source: CatalogSource) -> None:
        """Settings, messages and logs call the source by it."""
        assert source.name.isidentifier()

    def test_it_says_who_looked_how_and_when(self, source: CatalogSource, location: str) -> None:
        """The time is in UTC: evidence is compared and aged by it."""
        snapshot = source.read(location)
        assert snapshot.source.strip()
        assert snapshot.kind.strip()
        assert snapshot.observed_at.utcoffset() == timedelta(0)

    def test_it_hands_over_entities_relations_facts_and_coverage(
        self, source: CatalogSource, location: str
    ) -> None:
        """Without coverage no absence means anything."""
        snapshot = source.read(location)
        assert any(entity.attributes for entity in snapshot.entities)
        assert any(_all_facts(snapshot))
        assert snapshot.relations
        assert snapshot.coverage

    def test_reading_again_says_the_same(self, source: CatalogSource, location: str) -> None:
        """In the same order, or each import would look like a change."""
        assert source.read(location) == source.read(location)

    def test_every_ref_is_canonical(self, source: CatalogSource, location: str) -> None:
        """Sources are joined by refs, letter by letter."""
        snapshot = source.read(location)
        refs = [ref for entity in snapshot.entities for ref in (entity.ref, *entity.aliases)]
        refs += [ref for relation in snapshot.relations for ref in (relation.from_ref, relation.to_ref)]
        assert [ref for ref in refs if parse_ref(ref) != ref] == []

    def test_a_name_means_one_entity(self, source: CatalogSource, location: str) -> None:
        """Each entity is listed once, and no alias is another entity's name."""
        entities = source.read(location).entities
        names = [name for entity in entities for name in (entity.ref, *entity.aliases)]
        assert len(names) == len(set(names))

    def test_attributes_are_known_ones(self, source: CatalogSource, location: str) -> None:
        """Anything else is a fact; the tier is a number."""
        for entity in source.read(location).entities:
            assert set(entity.attributes) <= set(ATTRIBUTES)
            assert all(
                value is None or type(value) is (int if name == "tier" else str)
                for name, value in entity.attributes.items()
            )

    def test_facts_are_flat(self, source: CatalogSource, location: str) -> None:
        """A fact has one value that a pattern can compare."""
        for facts in _all_facts(source.read(location)):
            assert all(name.strip() for name in facts)
            assert all(value is None or isinstance(value, str | int | float) for value in facts.values())

    def test_relations_leave_from_kinds_that_have_them(self, source: CatalogSource, location: str) -> None:
        """The engine looks for a relation there only."""
        for relation in source.read(location).relations:
            assert kind_of(relation.from_ref) in LEAVES_FROM[relation.relation]

    def test_nothing_is_related_to_itself(self, source: CatalogSource, location: str) -> None:
        """A service that calls itself depends on nobody else."""
        assert [r for r in source.read(location).relations if r.from_ref == r.to_ref] == []

    def test_coverage_names_real_questions(self, source: CatalogSource, location: str) -> None:
        """A question outside the grammar is never asked, so its answer would be lost."""
        for statement in source.read(location).coverage:
            assert statement.entities
            assert statement.questions
            assert [parse_question(question) for question in statement.questions] == list(statement.questions)

    def test_a_fault_is_refused_with_its_place(self, source: CatalogSource, faulty_location: str) -> None:
        """Whole: half a catalog would look like a whole estate that shrank."""
        with pytest.raises(InvalidCatalog) as refused:
            source.read(faulty_location)
        assert refused.value.place

    def test_a_missing_location_is_refused_by_name(
        self, source: CatalogSource, missing_location: str
    ) -> None:
        """So that a slip of the pen is found at once."""
        with pytest.raises(InvalidCatalog) as refused:
            source.read(missing_location)
        assert missing_location in str(refused.value)


def _all_facts(snapshot: SourceSnapshot) -> list[Mapping[str, Value]]:
    """Return the facts of every entity and relation."""
    of_entities = [entity.facts for entity in snapshot.entities]
    return of_entities + [relation.facts for relation in snapshot.relations]
