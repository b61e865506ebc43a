"""Let people put tasks off, and choose where they go on after one."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column with its indexes, and the table of choices."""
    op.add_column("task", sa.Column("put_off_until", sa.DateTime(timezone=True)))
    # Counting what is assigned to somebody reads the index alone, so it has to know what is put off.
    op.drop_index("ix_task_mine", "task")
    op.create_index(
        "ix_task_mine",
        "task",
        ["assignee_id", "due_at", "id"],
        postgresql_where=sa.text("status = 'open' AND assignee_id IS NOT NULL"),
        postgresql_include=["put_off_until"],
    )
    op.create_index(
        "ix_task_put_off",
        "task",
        ["assignee_id", "put_off_until", "id"],
        postgresql_where=sa.text("status = 'open' AND put_off_until IS NOT NULL"),
    )
    op.create_table(
        "desk_choice",
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("stays", sa.Boolean(), server_default="false", nullable=False),
    )
