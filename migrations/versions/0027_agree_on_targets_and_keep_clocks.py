"""Keep agreements with their targets, violations, and the clocks that run by them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

# Whoever changes what the terms of a clock depend on, by whichever way, need not know of clocks.
STALE = """
CREATE FUNCTION mark_clocks_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'record' THEN
        UPDATE target_clock SET stale = true WHERE record_id = NEW.id AND state <> 'stopped' AND NOT stale;
    ELSIF TG_TABLE_NAME = 'person' THEN
        UPDATE target_clock SET stale = true FROM record
            WHERE record.requester_id = NEW.id AND record.closed_at IS NULL AND target_clock.record_id = record.id
                AND state <> 'stopped' AND NOT stale;
    ELSIF TG_TABLE_NAME = 'calendar' THEN
        UPDATE target_clock SET stale = true WHERE calendar_id = NEW.id AND state <> 'stopped' AND NOT stale;
    ELSIF TG_TABLE_NAME = 'agreement' THEN
        UPDATE target_clock SET stale = true WHERE agreement_id = NEW.record_id AND state <> 'stopped' AND NOT stale;
    ELSE
        UPDATE target_clock SET stale = true
            WHERE agreement_id = COALESCE(NEW.agreement_id, OLD.agreement_id) AND state <> 'stopped' AND NOT stale;
    END IF;
    RETURN NULL;
END
$$
"""
TRIGGERS = """
CREATE TRIGGER clocks_of_record AFTER UPDATE OF priority, service_id, requester_id ON record FOR EACH ROW
    WHEN ((OLD.priority, OLD.service_id, OLD.requester_id) IS DISTINCT FROM
          (NEW.priority, NEW.service_id, NEW.requester_id)) EXECUTE FUNCTION mark_clocks_stale();
CREATE TRIGGER clocks_of_person AFTER UPDATE OF organisation_id ON person FOR EACH ROW
    WHEN (OLD.organisation_id IS DISTINCT FROM NEW.organisation_id) EXECUTE FUNCTION mark_clocks_stale();
CREATE TRIGGER clocks_of_calendar AFTER UPDATE ON calendar FOR EACH ROW EXECUTE FUNCTION mark_clocks_stale();
CREATE TRIGGER clocks_of_agreement AFTER UPDATE ON agreement FOR EACH ROW EXECUTE FUNCTION mark_clocks_stale();
CREATE TRIGGER clocks_of_target AFTER INSERT OR UPDATE OR DELETE ON agreement_target FOR EACH ROW
    EXECUTE FUNCTION mark_clocks_stale();
"""


def upgrade() -> None:
    """Make the tables, the sequences of their numbers, and what tells clocks of changes."""
    op.execute("CREATE SEQUENCE record_number_vio_seq")
    op.create_table(
        "agreement",
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("review_months", sa.BigInteger(), server_default="12", nullable=False),
        sa.Column("review_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("organisation_id", sa.BigInteger(), nullable=True),
        sa.Column("calendar_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "words", TSVECTOR(), sa.Computed("words_of(coalesce(description, ''))", persisted=True), nullable=True
        ),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar.id"], name=op.f("fk_agreement_calendar_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_agreement_organisation_id")),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_agreement_record_id")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_agreement")),
    )
    op.create_index(op.f("ix_agreement_calendar_id"), "agreement", ["calendar_id"], unique=False)
    op.create_index(op.f("ix_agreement_organisation_id"), "agreement", ["organisation_id"], unique=False)
    op.create_index(
        "ix_agreement_review",
        "agreement",
        ["review_due_at"],
        unique=False,
        postgresql_where=sa.text("review_due_at IS NOT NULL"),
    )
    op.create_index("ix_agreement_words", "agreement", ["words"], unique=False, postgresql_using="gin")
    op.create_table(
        "agreement_target",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("agreement_id", sa.BigInteger(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), server_default="", nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("warn_percent", sa.BigInteger(), server_default="80", nullable=False),
        sa.Column("calendar_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_agreement_target_some_time")),
        sa.CheckConstraint("warn_percent BETWEEN 1 AND 100", name=op.f("ck_agreement_target_warned_before")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.record_id"], name=op.f("fk_agreement_target_agreement_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar.id"], name=op.f("fk_agreement_target_calendar_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_target")),
        sa.UniqueConstraint(
            "agreement_id", "metric", "priority", name=op.f("uq_agreement_target_agreement_id_metric_priority")
        ),
    )
    op.create_index(op.f("ix_agreement_target_calendar_id"), "agreement_target", ["calendar_id"], unique=False)
    op.create_table(
        "target_clock",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column("agreement_id", sa.BigInteger(), nullable=True),
        sa.Column("calendar_id", sa.BigInteger(), nullable=True),
        sa.Column("minutes", sa.BigInteger(), nullable=True),
        sa.Column("warn_percent", sa.BigInteger(), server_default="80", nullable=False),
        sa.Column("why", JSONB(), nullable=True),
        sa.Column("state", sa.Text(), server_default="running", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wake_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("breached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stale", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.record_id"], name=op.f("fk_target_clock_agreement_id")),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar.id"], name=op.f("fk_target_clock_calendar_id")),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_target_clock_record_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_target_clock_team_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target_clock")),
    )
    op.create_index("ix_target_clock_agreement", "target_clock", ["agreement_id"], unique=False)
    op.create_index("ix_target_clock_calendar", "target_clock", ["calendar_id"], unique=False)
    op.create_index("ix_target_clock_record", "target_clock", ["record_id", "id"], unique=False)
    op.create_index("ix_target_clock_stale", "target_clock", ["id"], unique=False, postgresql_where=sa.text("stale"))
    op.create_index(
        "ix_target_clock_wake",
        "target_clock",
        ["wake_at", "id"],
        unique=False,
        postgresql_where=sa.text("wake_at IS NOT NULL"),
    )
    op.create_index(
        "uq_target_clock_sla",
        "target_clock",
        ["record_id", "metric"],
        unique=True,
        postgresql_where=sa.text("level = 'sla'"),
    )
    op.create_table(
        "clock_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("clock_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("reason", JSONB(), nullable=True),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("data", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_clock_event_actor_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["clock_id"], ["target_clock.id"], name=op.f("fk_clock_event_clock_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_event")),
    )
    op.create_index("ix_clock_event_clock", "clock_event", ["clock_id", "at", "id"], unique=False)
    op.create_table(
        "violation",
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("agreement_id", sa.BigInteger(), nullable=True),
        sa.Column("clock_id", sa.BigInteger(), nullable=True),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("target_minutes", sa.BigInteger(), nullable=False),
        sa.Column("missed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["agreement_id"], ["record.id"], name=op.f("fk_violation_agreement_id")),
        sa.ForeignKeyConstraint(["clock_id"], ["target_clock.id"], name=op.f("fk_violation_clock_id")),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_violation_record_id")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_violation")),
        sa.UniqueConstraint("clock_id", name=op.f("uq_violation_clock_id")),
    )
    op.create_index(op.f("ix_violation_agreement_id"), "violation", ["agreement_id"], unique=False)
    op.execute(STALE)
    op.execute(TRIGGERS)
