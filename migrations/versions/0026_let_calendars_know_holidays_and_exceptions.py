"""Let calendars know the holidays of a region and exceptions; teams and persons may have a calendar of their own."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

# A day off is an exception of one day on which nobody works; what was meant by it was never stored.
DAYS_OFF = """
UPDATE calendar SET exceptions = coalesce((
    SELECT jsonb_agg(jsonb_build_object('from', day, 'to', day, 'hours', '[]'::jsonb, 'remark', '') ORDER BY day)
    FROM (SELECT DISTINCT jsonb_array_elements_text(days_off) AS day) AS off), '[]')
"""


def upgrade() -> None:
    """Add the columns and turn days off into exceptions."""
    op.add_column("calendar", sa.Column("region", sa.Text(), server_default="", nullable=False))
    op.add_column("calendar", sa.Column("exceptions", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False))
    op.execute(DAYS_OFF)
    op.drop_column("calendar", "days_off")
    for table in ("team", "person"):
        op.add_column(table, sa.Column("calendar_id", sa.BigInteger()))
        op.create_foreign_key(op.f(f"fk_{table}_calendar_id"), table, "calendar", ["calendar_id"], ["id"])
