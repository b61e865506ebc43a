"""The base record, to which comments, files and history hang for every kind."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, LargeBinary, UniqueConstraint, and_, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, MappedColumn, mapped_column

from app.database.base import Base, Id


def searched(*columns: str) -> MappedColumn[Any]:
    """Return a stored column with the words of these text columns, for the full-text search of a kind.

    `words_of` is a function of the database: each word as written, as English and as German.
    """
    text_of_all = " || ' ' || ".join(f"coalesce({column}, '')" for column in columns)
    return generated(f"words_of({text_of_all})")


def generated(expression: str) -> MappedColumn[Any]:
    """Return a stored column with words, which is read only where it is asked for."""
    return mapped_column(TSVECTOR, Computed(expression, persisted=True), deferred=True, nullable=True)


CUSTOM_WORDS = " || ".join(
    f"jsonb_to_tsvector('{language}', custom, '[\"string\"]')" for language in ("simple", "english", "german")
)


class Record(Base):
    """What is stored about the world; each kind adds a joined table of its own."""

    __tablename__ = "record"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "record", "version_id_col": None}
    __table_args__: Any = (
        Index("ix_record_kind_status", "kind", "status", "id"),
        Index("ix_record_search", "search", postgresql_using="gin"),
        Index("ix_record_custom_words", "custom_words", postgresql_using="gin"),
        Index("ix_record_owner", "owner_id", postgresql_where=text("closed_at IS NULL")),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    number: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="open")
    priority: Mapped[str | None]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    requester_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), index=True)
    service_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"), index=True)
    opened_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    custom: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    journal_head: Mapped[bytes | None] = mapped_column(LargeBinary)
    journal_length: Mapped[int] = mapped_column(server_default="0")
    search: Mapped[Any] = generated("setweight(words_of(number || ' ' || title), 'A')")
    # Apart, because custom fields are for those who work with a record.
    custom_words: Mapped[Any] = generated(CUSTOM_WORDS)


class Comment(Base):
    """Something said about a record: an internal note, or a reply that its requester sees.

    What it said before it was edited or withdrawn stands in the journal; `told` says whether people know of it.
    """

    __tablename__ = "comment"
    __table_args__ = (
        Index("ix_comment_words", "words", postgresql_using="gin"),
        Index("ix_comment_untold", "id", postgresql_where=text("NOT told")),
    )

    id: Mapped[Id]
    record_id: Mapped[int] = mapped_column(ForeignKey("record.id"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    body: Mapped[str]
    public: Mapped[bool] = mapped_column(server_default="false")
    edited_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    told: Mapped[bool] = mapped_column(server_default="false")
    words: Mapped[Any] = generated("words_of(body)")


class StoredFile(Base):
    """A file in the database; given out as a download only. One that came with a comment is for its readers alone.

    `case_id` is the case without a record whose answers name it. What belongs neither to a record nor to a case is
    loose; `looked_at` is when it was last found to be named by something all the same.
    """

    __tablename__ = "file"
    __table_args__ = (
        Index("ix_file_words", "words", postgresql_using="gin"),
        Index(
            "ix_file_loose", text("coalesce(looked_at, at)"), "id",
            postgresql_where=text("record_id IS NULL AND case_id IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[Id]
    record_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"), index=True)
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("process_case.id"), index=True)
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"), index=True)
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    looked_at: Mapped[datetime | None]
    words: Mapped[Any] = generated("words_of(translate(name, '._-', '   '))")


# A file that was sent and has become part of nothing yet; one of a comment has its record.
LOOSE = and_(StoredFile.record_id.is_(None), StoredFile.case_id.is_(None))


class RecordLink(Base):
    """What one record is to another; `type` is a key of `link_types`, read from source to target."""

    __tablename__ = "record_link"
    __table_args__ = (
        UniqueConstraint("source_id", "target_id", "type"),
        CheckConstraint("source_id <> target_id", name="two_records"),
    )

    id: Mapped[Id]
    source_id: Mapped[int] = mapped_column(ForeignKey("record.id"))
    target_id: Mapped[int] = mapped_column(ForeignKey("record.id"), index=True)
    type: Mapped[str]
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class Tag(Base):
    """A free word for records, in the one way in which it is written."""

    __tablename__ = "tag"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)


class RecordTag(Base):
    """A tag on a record."""

    __tablename__ = "record_tag"

    record_id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"), primary_key=True, index=True)
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class Watcher(Base):
    """Somebody who wants to know how a record goes on; `told` is the last line of its journal that they know of."""

    __tablename__ = "watcher"

    record_id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    told: Mapped[int]
