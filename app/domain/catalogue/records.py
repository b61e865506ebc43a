"""The catalogue item: one thing that people may order, in their words."""

from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Sequence
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base
from app.domain.records.records import Record, searched

number_sequence = Sequence("record_number_cat_seq", metadata=Base.metadata)


class CatalogueItem(Record):
    """Something of a service that can be ordered: by whom, after whose approval, and how long it takes.

    How it is fulfilled stands in the custom field `instructions`, which only those who work with the catalogue read.
    """

    __tablename__ = "catalogue_item"
    __mapper_args__ = {"polymorphic_identity": "catalogue_item"}
    __table_args__ = (Index("ix_catalogue_item_words", "words", postgresql_using="gin"),)

    record_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("record.id"), primary_key=True)
    description: Mapped[str | None]
    phase: Mapped[str] = mapped_column(server_default="live")
    audience: Mapped[str] = mapped_column(server_default="everybody")
    audience_names: Mapped[str | None]
    approval: Mapped[str] = mapped_column(server_default="none")
    approver_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    approver_role: Mapped[str | None]
    expected: Mapped[str | None]
    target_hours: Mapped[int] = mapped_column(server_default="16")
    words: Mapped[Any] = searched("description", "expected")
