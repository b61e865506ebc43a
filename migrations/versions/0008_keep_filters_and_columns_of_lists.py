"""Keep filters of lists, and which columns each person wants to see."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both tables."""
    op.create_table(
        "saved_filter",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("list_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), sa.ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
        sa.Column("shared_with", sa.Text(), server_default="", nullable=False),
        sa.Column("state", JSONB(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_saved_filter_list", "saved_filter", ["list_key", "shared_with"])
    op.create_index("ix_saved_filter_owner_id", "saved_filter", ["owner_id"])
    op.create_table(
        "list_choice",
        sa.Column(
            "person_id",
            sa.BigInteger(),
            sa.ForeignKey("person.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("list_key", sa.Text(), primary_key=True),
        sa.Column("columns", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("filter_id", sa.BigInteger(), sa.ForeignKey("saved_filter.id", ondelete="SET NULL")),
    )
    op.create_index("ix_list_choice_filter_id", "list_choice", ["filter_id"])
