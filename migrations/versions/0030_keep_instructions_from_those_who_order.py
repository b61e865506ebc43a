"""Keep instructions from those who order: how an item is fulfilled becomes a custom field, which staff alone reads."""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move what was written there."""
    op.execute("""
        UPDATE record SET custom = custom || jsonb_build_object('instructions', item.instructions)
        FROM catalogue_item item WHERE item.record_id = record.id AND item.instructions IS NOT NULL
    """)
    op.drop_column("catalogue_item", "instructions")
