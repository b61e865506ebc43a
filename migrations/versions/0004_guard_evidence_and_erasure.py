"""Let evidence only grow, and payloads of the journal go only where a line of it says so."""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"


def upgrade() -> None:
    """Add the triggers."""
    op.get_bind().connection.driver_connection.execute((SQL / "guarded_evidence.sql").read_text())
