"""Keep settings that are changed on pages, and notice when two people change a calendar."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of settings and the version of a calendar."""
    op.create_table(
        "setting",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("value", postgresql.JSONB()),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by_id", sa.BigInteger(), sa.ForeignKey("person.id")),
    )
    op.add_column("calendar", sa.Column("version", sa.BigInteger(), nullable=False, server_default="1"))
