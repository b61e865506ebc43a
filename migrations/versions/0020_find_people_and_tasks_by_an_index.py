"""Find people by the words of their names, logins and addresses, and open tasks by what they are called."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# Logins and addresses have no blanks where their words end.
WORDS = "to_tsvector('simple', translate(name || ' ' || login || ' ' || coalesce(email, ''), '._-+@', '     '))"


def upgrade() -> None:
    """Add the column of words and both indexes."""
    op.execute(f"ALTER TABLE person ADD COLUMN words tsvector GENERATED ALWAYS AS ({WORDS}) STORED")
    op.create_index("ix_person_words", "person", ["words"], postgresql_using="gin")
    op.create_index("ix_task_name", "task", ["name"], postgresql_where=sa.text("status = 'open'"))
