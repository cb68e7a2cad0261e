"""What all tables share: named constraints, row numbers, versions, and columns of words and of JSON."""

from enum import StrEnum
from json import dumps, loads
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Dialect, Enum, Index, MetaData, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import Field, SQLModel

_NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class Table(SQLModel, registry=registry(metadata=MetaData(naming_convention=_NAMES))):
    """A table of this product; `Table.metadata` knows them all.

    Rows do not validate their columns when they are made: the database's constraints do, when they are saved.
    """


class Row(Table):
    """A row that has a number of its own, given when it is first flushed."""

    id: int = Field(default=None, primary_key=True)


class VersionedRow(Row):
    """A row that people change: a change made to a version that is no longer the latest is refused."""

    version: int = Field(default=1)


def words(allowed: type[StrEnum], column: str) -> Enum:
    """Return the type of a column that holds one of these words, as text that a constraint checks."""
    return Enum(
        allowed,
        name=column,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )


class JsonText(TypeDecorator[Any]):
    """JSON in a column of text: in one of JSON, SQLite takes a number for its own and rounds it."""

    impl = Text
    cache_ok = True

    def __init__(self, *, null: bool) -> None:
        super().__init__()
        self.null = null

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002, D102
        return None if value is None and not self.null else dumps(value, allow_nan=False)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002, D102
        return None if value is None else loads(value)


def json(*, null: bool) -> TypeEngine[Any]:
    """Return the type of a column of JSON, where ``None`` is an absent value or the JSON word ``null``."""
    return (
        JSON(none_as_null=not null)
        .with_variant(JSONB(none_as_null=not null), "postgresql")
        .with_variant(JsonText(null=null), "sqlite")
    )


def not_blank(column: str) -> CheckConstraint:
    """Return the constraint that a column holds more than white space."""
    return CheckConstraint(f"trim({column}) <> ''", name=f"{column}_not_blank")


def lines() -> CheckConstraint:
    """Return the constraint that ``line_start`` and ``line_end`` name lines of a document."""
    return CheckConstraint("line_start >= 1 AND line_end >= line_start", name="lines")


def unique_where(name: str, condition: str, *columns: str) -> Index:
    """Return a unique index over the rows that meet a condition."""
    return index_where(name, condition, *columns, unique=True)


def index_where(name: str, condition: str, *columns: str, unique: bool = False) -> Index:
    """Return an index over the rows that meet a condition."""
    return Index(
        name, *columns, unique=unique, sqlite_where=text(condition), postgresql_where=text(condition)
    )
