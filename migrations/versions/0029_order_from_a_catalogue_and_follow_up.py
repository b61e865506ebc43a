"""Order from a catalogue, and follow up: tables of catalogue items, service requests and actions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; the sequence of numbers of requests has been there from the first."""
    for prefix in ("act", "cat"):
        op.execute(f"CREATE SEQUENCE record_number_{prefix}_seq")
    _make(
        "catalogue_item",
        ("description", "expected"),
        sa.Column("description", sa.Text()),
        sa.Column("phase", sa.Text(), server_default="live", nullable=False),
        sa.Column("audience", sa.Text(), server_default="everybody", nullable=False),
        sa.Column("audience_names", sa.Text()),
        sa.Column("approval", sa.Text(), server_default="none", nullable=False),
        sa.Column("approver_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.Column("approver_role", sa.Text()),
        sa.Column("expected", sa.Text()),
        sa.Column("target_hours", sa.BigInteger(), server_default="16", nullable=False),
        sa.Column("instructions", sa.Text()),
    )
    _make(
        "service_request",
        ("description", "fulfilment"),
        sa.Column("catalogue_item_id", sa.BigInteger(), sa.ForeignKey("record.id")),
        sa.Column("description", sa.Text()),
        sa.Column("level", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("target_hours", sa.BigInteger(), server_default="16", nullable=False),
        sa.Column("fulfilment", sa.Text()),
        sa.Column("closure_code", sa.Text()),
        sa.Column("reopened", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True)),
        sa.Column("fulfilled_at", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_service_request_catalogue_item_id", "service_request", ["catalogue_item_id"])
    _make(
        "action",
        ("description", "reason", "result"),
        sa.Column("description", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("verifier_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.Column("taken_on_by_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.Column("result", sa.Text()),
        sa.Column("effect", sa.Text()),
        sa.Column("escalated", sa.BigInteger(), server_default="0", nullable=False),
    )


def _make(table: str, searched: tuple[str, ...], *columns: sa.Column) -> None:
    words = " || ' ' || ".join(f"coalesce({name}, '')" for name in searched)
    op.create_table(
        table,
        sa.Column("record_id", sa.BigInteger(), sa.ForeignKey("record.id"), primary_key=True),
        *columns,
        sa.Column("words", TSVECTOR(), sa.Computed(f"words_of({words})", persisted=True)),
    )
    op.create_index(f"ix_{table}_words", table, ["words"], postgresql_using="gin")
