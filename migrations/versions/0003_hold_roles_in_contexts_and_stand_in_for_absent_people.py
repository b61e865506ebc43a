"""Describe organisations, limit roles to services and records, and let substitutes stand in for absent people."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Whoever answers for a process does not examine it. An organisation changes these on the page of roles.
CONFLICTS = (
    ("*.process_owner", "management.auditor", "Nobody audits the process that they own."),
    ("*.process_manager", "management.auditor", "Nobody audits the process that they manage."),
    ("management.sms_owner", "management.auditor", "Nobody audits the management system that they answer for."),
    ("management.sms_manager", "management.auditor", "Nobody audits the management system that they run."),
)


def upgrade() -> None:
    """Add facts about organisations, contexts of roles, absences, rules for segregation of duties, on whose behalf."""
    op.add_column("organisation", sa.Column("kind", sa.Text(), server_default="own", nullable=False))
    for name in ("email", "phone", "address", "note"):
        op.add_column("organisation", sa.Column(name, sa.Text()))
    op.add_column("organisation", sa.Column("active", sa.Boolean(), server_default="true", nullable=False))
    for table in ("organisation", "person", "team"):
        op.add_column(table, sa.Column("version", sa.BigInteger(), server_default="1", nullable=False))
    op.drop_constraint("uq_role_assignment_role_person_id_team_id", "role_assignment")
    for name in ("service_id", "record_id"):
        op.add_column("role_assignment", sa.Column(name, sa.BigInteger(), sa.ForeignKey("record.id")))
    by = sa.ForeignKey("person.id", ondelete="SET NULL")
    op.add_column("role_assignment", sa.Column("assigned_by_id", sa.BigInteger(), by))
    op.add_column("role_assignment", sa.Column("reason", sa.Text()))
    op.add_column("role_assignment", sa.Column("settled_at", sa.DateTime(timezone=True)))
    conflict = op.create_table(
        "role_conflict",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("first", sa.Text(), nullable=False),
        sa.Column("second", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.UniqueConstraint("first", "second"),
    )
    op.bulk_insert(conflict, [{"first": one, "second": other, "reason": why} for one, other, why in CONFLICTS])
    op.create_table(
        "role_finding",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "absence",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
        sa.Column("substitute_id", sa.BigInteger(), sa.ForeignKey("person.id", ondelete="SET NULL")),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("entered_by_id", sa.BigInteger(), sa.ForeignKey("person.id", ondelete="SET NULL")),
        sa.Column("told_at", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_absence_person_id", "absence", ["person_id"])
    op.create_index("ix_absence_substitute_id", "absence", ["substitute_id"])
    for table in ("task", "evidence"):
        op.add_column(table, sa.Column("on_behalf_of_id", sa.BigInteger(), sa.ForeignKey("person.id")))
