"""What all tables share: naming, ids, time and JSON columns."""

from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, Dialect, Identity, MetaData, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

from app.errors import read_told, told_as_json

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Id = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]


class Told(TypeDecorator[str]):
    """A sentence for people: one that is a `Message` is one again when it is read, and said in any language."""

    impl = JSONB(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        """Write a sentence, nothing as NULL."""
        return None if value is None else told_as_json(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Read a sentence."""
        return None if value is None else read_told(value)


class Base(DeclarativeBase):
    """Parent of all mapped classes."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {
        datetime: DateTime(timezone=True),
        str: Text(),
        int: BigInteger(),
        # Nothing is NULL, never a JSON null.
        dict[str, Any]: JSONB(none_as_null=True),
        list[Any]: JSONB(none_as_null=True),
        list[str]: JSONB(none_as_null=True),
    }
