"""Let open tasks be reminded of and escalated when they are due, and records be numbered with a diagram's prefix."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# What was published before its prefix meant anything needs its sequence; publishing makes those of all others.
PUBLISHED = """
    SELECT DISTINCT meta ->> 'number_prefix' FROM definition
    WHERE kind = 'diagram' AND meta ->> 'number_prefix' ~ '^[A-Z]{2,5}$'
"""


def upgrade() -> None:
    """Add the table of notices, whom a task was escalated to, and sequences."""
    op.add_column("task", sa.Column("escalated_to", sa.Text()))
    op.create_index(
        "ix_task_escalated",
        "task",
        ["escalated_to", "due_at", "id"],
        postgresql_where=sa.text("escalated_to IS NOT NULL"),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("case_id", sa.BigInteger(), sa.ForeignKey("process_case.id"), nullable=False),
        sa.Column("task_id", sa.BigInteger(), sa.ForeignKey("task.id"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("escalate_to", sa.Text()),
    )
    op.create_index("ix_notice_case", "notice", ["case_id", "id"])
    op.create_index("ix_notice_due", "notice", ["due_at", "id"])
    op.create_index("ix_notice_task_id", "notice", ["task_id"])
    for prefix in op.get_bind().scalars(sa.text(PUBLISHED)):
        op.execute(f"CREATE SEQUENCE IF NOT EXISTS record_number_{prefix.lower()}_seq")
