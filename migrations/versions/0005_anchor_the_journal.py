"""Make the tables of the journal's anchors, which only grow."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"


def upgrade() -> None:
    """Add tables and triggers."""
    op.create_table(
        "journal_anchor",
        sa.Column("position", sa.BigInteger(), autoincrement=False, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("chains", sa.BigInteger(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.LargeBinary()),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.create_table(
        "journal_anchor_head",
        sa.Column("anchor", sa.BigInteger(), autoincrement=False, primary_key=True),
        sa.Column("chain", sa.Text(), primary_key=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_journal_anchor_head_chain", "journal_anchor_head", ["chain", "anchor"])
    op.get_bind().connection.driver_connection.execute((SQL / "append_only_anchors.sql").read_text())
