"""Keep schedules, their occurrences, and when nothing ticked."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; what is published by now gets its schedules when the worker first looks."""
    op.create_table(
        "schedule_beat",
        sa.Column("id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("ticked_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "schedule_standstill",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "schedule",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("diagram", sa.Text(), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("diagram_version", sa.BigInteger(), nullable=False),
        sa.Column("expression", sa.Text(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("misfire", sa.Text(), nullable=False),
        sa.Column("for_each", sa.Text(), nullable=False),
        sa.Column("override", postgresql.JSONB()),
        sa.Column("override_drawn", postgresql.JSONB()),
        sa.Column("override_reason", sa.Text()),
        sa.Column("overridden_by_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.Column("overridden_at", sa.DateTime(timezone=True)),
        sa.Column("paused_at", sa.DateTime(timezone=True)),
        sa.Column("paused_by_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.Column("pause_reason", sa.Text()),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("anchor_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counted_due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("nominal_at", sa.DateTime(timezone=True)),
        sa.Column("next_due", sa.DateTime(timezone=True)),
        sa.Column("fired_at", sa.DateTime(timezone=True)),
        sa.Column("fired_due", sa.DateTime(timezone=True)),
        sa.Column("fired_subjects", sa.BigInteger()),
        sa.Column("problem", postgresql.JSONB()),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.UniqueConstraint("diagram", "element"),
    )
    due = sa.text("next_due IS NOT NULL")
    op.create_index("ix_schedule_due", "schedule", ["next_due", "id"], postgresql_where=due)
    op.create_table(
        "occurrence",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("schedule_id", sa.BigInteger(), sa.ForeignKey("schedule.id"), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("record_id", sa.BigInteger(), sa.ForeignKey("record.id"), index=True),
        sa.Column("nominal_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("case_id", sa.BigInteger(), sa.ForeignKey("process_case.id"), index=True),
        sa.Column("error", postgresql.JSONB()),
        sa.Column("missed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("by_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.Column("data", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.UniqueConstraint("schedule_id", "subject", "nominal_at"),
    )
    waiting = sa.text("status = 'waiting'")
    op.create_index("ix_occurrence_waiting", "occurrence", ["id"], postgresql_where=waiting)
