"""Keep ready-made answers of areas and teams."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "canned_answer",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("area", sa.Text()),
        sa.Column("team_id", sa.BigInteger(), sa.ForeignKey("team.id", ondelete="CASCADE")),
        sa.Column("texts", JSONB(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("(area IS NULL) <> (team_id IS NULL)", name="ck_canned_answer_one_owner"),
    )
    op.create_index("ix_canned_answer_area", "canned_answer", ["area"])
    op.create_index("ix_canned_answer_team_id", "canned_answer", ["team_id"])
