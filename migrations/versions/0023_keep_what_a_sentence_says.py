"""Keep why something failed as what it says, so that each reader reads it in their own language."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Turn the texts into JSON: what is there stays a plain sentence."""
    op.execute("ALTER TABLE process_case ALTER stuck_message TYPE jsonb USING to_jsonb(stuck_message)")
    op.execute("ALTER TABLE notification ALTER error TYPE jsonb USING to_jsonb(error)")
