"""Keep what an organisation changes in shared lists of answers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add lists and their options."""
    op.create_table(
        "option_list",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("titles", postgresql.JSONB(), nullable=False),
        sa.Column("generation", sa.BigInteger(), server_default="1", nullable=False),
    )
    op.create_table(
        "list_option",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("list_key", sa.Text(), sa.ForeignKey("option_list.key"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("labels", postgresql.JSONB(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("parent", sa.Text()),
        sa.Column("replaced_by", sa.Text()),
        sa.UniqueConstraint("list_key", "key"),
    )
