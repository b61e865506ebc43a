"""Remember who is writing in a task's form just now."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; a crash may empty it."""
    op.create_table(
        "task_presence",
        sa.Column("task_id", sa.BigInteger(), sa.ForeignKey("task.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        prefixes=["UNLOGGED"],
    )
    op.create_index("ix_task_presence_person_id", "task_presence", ["person_id"])
