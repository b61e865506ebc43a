"""Remove files that became part of nothing, and tell them from the answers of cases that have no record."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

# An id that only looks like the file's keeps a file that could go: nobody but its sender may read it.
ANSWERED = """
UPDATE file SET case_id = answered.case_id FROM (
    SELECT DISTINCT ON (file.id) file.id, entry.case_id
    FROM file
    JOIN journal_entry entry ON entry.actor_id = file.uploaded_by_id AND entry.case_id IS NOT NULL
        AND entry.record_id IS NULL AND entry.event IN ('case.started', 'task.completed')
    JOIN journal_payload payload ON payload.chain = entry.chain AND payload.position = entry.position
    WHERE file.record_id IS NULL AND strpos(payload.content::text, '"' || file.id || '"') > 0
    ORDER BY file.id, entry.id
) answered WHERE answered.id = file.id
"""


def upgrade() -> None:
    """Say which case a file is an answer of, and when it was last found to be named by something."""
    op.add_column("file", sa.Column("case_id", sa.BigInteger(), sa.ForeignKey("process_case.id")))
    op.add_column("file", sa.Column("looked_at", sa.DateTime(timezone=True)))
    op.execute(ANSWERED)
    op.create_index("ix_file_case_id", "file", ["case_id"])
    op.create_index(
        "ix_file_loose", "file", [sa.text("coalesce(looked_at, at)"), "id"],
        postgresql_where=sa.text("record_id IS NULL AND case_id IS NULL"),
    )  # fmt: skip
