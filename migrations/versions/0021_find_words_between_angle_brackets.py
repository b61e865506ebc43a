"""Find words between angle brackets, too: messages of programs are full of them, and nobody here writes HTML."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# PostgreSQL takes what stands between angle brackets for a tag and leaves it out.
WORDS_OF = """
CREATE OR REPLACE FUNCTION words_of(content text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_tsvector('pg_catalog.simple', translate(left(content, 120000), '<>', '  '))
        || to_tsvector('pg_catalog.english', translate(left(content, 120000), '<>', '  '))
        || to_tsvector('pg_catalog.german', translate(left(content, 120000), '<>', '  '))
$$
"""
# Generated columns follow when a column that they are made from is written.
WRITTEN = {
    "record": "title", "incident": "description", "known_error": "symptoms", "service": "description",
    "comment": "body", "file": "name",
}  # fmt: skip


def upgrade() -> None:
    """Change the function and have everything that it made be made anew."""
    op.execute(WORDS_OF)
    for table, column in WRITTEN.items():
        op.execute(f"UPDATE {table} SET {column} = {column}")  # noqa: S608 - both are ours
    op.execute("REINDEX INDEX ix_process_case_words")
