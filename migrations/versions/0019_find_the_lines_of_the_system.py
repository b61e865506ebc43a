"""Find the lines of the system, newest first, among those of all cases and records."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.create_index(
        "ix_journal_entry_system", "journal_entry", ["id"],
        postgresql_where=sa.text("case_id IS NULL AND record_id IS NULL"),
    )  # fmt: skip
