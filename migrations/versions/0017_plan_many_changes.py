"""Plan many changes of records, from tables and lists, before they are stored together."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add batches, their lines, and the mappings that are remembered."""
    op.create_table(
        "batch",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("sha256", sa.Text(), server_default="", nullable=False),
        sa.Column("head", postgresql.JSONB(), nullable=False),
        sa.Column("cells", postgresql.JSONB()),
        sa.Column("rows", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("recipe", postgresql.JSONB(), nullable=False),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.Column("done", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("fault", postgresql.JSONB()),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_batch_person_id", "batch", ["person_id"])
    op.create_index("ix_batch_at", "batch", ["at"])
    op.create_table(
        "batch_line",
        sa.Column("batch_id", sa.BigInteger(), sa.ForeignKey("batch.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("row", sa.BigInteger(), primary_key=True),
        sa.Column("fate", sa.Text(), nullable=False),
        sa.Column("record_id", sa.BigInteger()),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("known_by", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=False),
        sa.Column("after", postgresql.JSONB(), nullable=False),
        sa.Column("faults", postgresql.JSONB(), nullable=False),
    )
    op.create_table(
        "kept_mapping",
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("recipe", postgresql.JSONB(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id", ondelete="SET NULL")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
