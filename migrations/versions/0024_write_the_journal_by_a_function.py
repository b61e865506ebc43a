"""Write the journal by a function: what stores a case then writes its lines in the same statement."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

# Nothing happens without lines. Who writes needs the right to insert, as before.
WRITE_JOURNAL = """
CREATE FUNCTION write_journal(lines jsonb) RETURNS void LANGUAGE plpgsql STRICT AS $$
BEGIN
    WITH line AS (
        SELECT * FROM jsonb_to_recordset(lines) AS line(
            chain text, position bigint, case_id bigint, record_id bigint, at timestamptz, actor_id bigint, event text,
            element text, data jsonb, payload_digest text, previous text, hash text, salt text, content jsonb)
    ), kept AS (
        INSERT INTO journal_payload (chain, position, salt, content)
        SELECT line.chain, line.position, decode(line.salt, 'hex'), line.content FROM line WHERE line.salt IS NOT NULL
    )
    INSERT INTO journal_entry
        (chain, position, case_id, record_id, at, actor_id, event, element, data, payload_digest, previous, hash)
    SELECT line.chain, line.position, line.case_id, line.record_id, line.at, line.actor_id, line.event, line.element,
        line.data, decode(line.payload_digest, 'hex'), decode(line.previous, 'hex'), decode(line.hash, 'hex')
    FROM line ORDER BY line.chain, line.position;
END
$$
"""


def upgrade() -> None:
    """Make the function."""
    op.execute(WRITE_JOURNAL)
