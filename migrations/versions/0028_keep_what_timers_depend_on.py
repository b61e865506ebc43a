"""Keep what timers and due dates were counted from, and mark them when that changes."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

# Whoever changes a record, a calendar or whose calendar it is: what depends on it is found here, by an index.
STATEMENTS = (
    """
CREATE FUNCTION mark_stale(kinds text[], target bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE dependence SET stale_at = 'epoch' WHERE kind = ANY(kinds) AND target_id = target AND stale_at IS NULL
$$
""",
    """
CREATE FUNCTION mark_what_depends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mark_stale(string_to_array(TG_ARGV[0], ','), NEW.id);
    RETURN NULL;
END
$$
""",
    # The first calendar of a key counts from now on where nothing was stored before.
    """
CREATE FUNCTION mark_what_depends_on_none() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mark_stale(ARRAY['calendar'], 0);
    RETURN NULL;
END
$$
""",
    # The agreement that applies to a record stands with its clock.
    """
CREATE FUNCTION mark_agreements() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mark_stale(ARRAY[TG_ARGV[0]], NEW.record_id);
    RETURN NULL;
END
$$
""",
    "CREATE TRIGGER clock_moves AFTER INSERT OR UPDATE OF agreement_id ON target_clock"
    " FOR EACH ROW EXECUTE FUNCTION mark_agreements('choice')",
    "CREATE TRIGGER agreement_moves AFTER UPDATE OF calendar_id ON agreement"
    " FOR EACH ROW EXECUTE FUNCTION mark_agreements('agreement')",
    "CREATE TRIGGER record_moves AFTER UPDATE ON record"
    " FOR EACH ROW EXECUTE FUNCTION mark_what_depends('record,choice')",
    "CREATE TRIGGER calendar_moves AFTER UPDATE ON calendar"
    " FOR EACH ROW EXECUTE FUNCTION mark_what_depends('calendar')",
    "CREATE TRIGGER team_moves AFTER UPDATE OF calendar_id ON team"
    " FOR EACH ROW EXECUTE FUNCTION mark_what_depends('team')",
    "CREATE TRIGGER person_moves AFTER UPDATE OF calendar_id ON person"
    " FOR EACH ROW EXECUTE FUNCTION mark_what_depends('person')",
    "CREATE TRIGGER calendar_begins AFTER INSERT ON calendar FOR EACH ROW EXECUTE FUNCTION mark_what_depends_on_none()",
)


def upgrade() -> None:
    """Make the table and the triggers."""
    op.create_table(
        "dependence",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("case_id", sa.BigInteger(), sa.ForeignKey("process_case.id"), nullable=False),
        sa.Column("engine_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target_id", sa.BigInteger(), nullable=False),
        sa.Column("stale_at", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_dependence_on", "dependence", ["kind", "target_id"])
    op.create_index("ix_dependence_case", "dependence", ["case_id", "engine_id"])
    op.create_index(
        "ix_dependence_stale", "dependence", ["stale_at", "id"], postgresql_where=sa.text("stale_at IS NOT NULL")
    )
    for statement in STATEMENTS:
        op.execute(statement)
