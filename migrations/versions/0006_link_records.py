"""Link records with each other, in both directions."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the links."""
    op.create_table(
        "record_link",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("source_id", sa.BigInteger(), sa.ForeignKey("record.id"), nullable=False),
        sa.Column("target_id", sa.BigInteger(), sa.ForeignKey("record.id"), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("added_by_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("source_id", "target_id", "type"),
        sa.CheckConstraint("source_id <> target_id", name="two_records"),
    )
    op.create_index("ix_record_link_target_id", "record_link", ["target_id"])
