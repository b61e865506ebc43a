"""Search words in their German and English forms, in comments, names of files and cases too, custom values apart."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# As written, as English and as German; a text's first 120,000 characters, because PostgreSQL holds 1 MB of words.
WORDS_OF = """
CREATE FUNCTION words_of(content text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_tsvector('pg_catalog.simple', left(content, 120000))
        || to_tsvector('pg_catalog.english', left(content, 120000))
        || to_tsvector('pg_catalog.german', left(content, 120000))
$$
"""
CUSTOM = " || ".join(
    f"""jsonb_to_tsvector('{language}', custom, '["string"]')""" for language in ("simple", "english", "german")
)
GENERATED = {
    ("record", "search"): "setweight(words_of(number || ' ' || title), 'A')",
    ("record", "custom_words"): CUSTOM,
    ("incident", "words"): "words_of(coalesce(description, '') || ' ' || coalesce(resolution, '')"
    " || ' ' || coalesce(cause, ''))",
    ("known_error", "words"): "words_of(coalesce(symptoms, '') || ' ' || coalesce(workaround, ''))",
    ("service", "words"): "words_of(coalesce(description, ''))",
    ("comment", "words"): "words_of(body)",
    # Names of files have no blanks where their words end.
    ("file", "words"): "words_of(translate(name, '._-', '   '))",
}


def upgrade() -> None:
    """Make the columns anew; each table is written once."""
    op.execute(WORDS_OF)
    tables: dict[str, list[str]] = {}
    for (table, column), expression in GENERATED.items():
        made = f"ADD COLUMN {column} tsvector GENERATED ALWAYS AS ({expression}) STORED"
        tables.setdefault(table, []).extend([f"DROP COLUMN IF EXISTS {column}", made])
    for table, changes in tables.items():
        op.execute(f"ALTER TABLE {table} {', '.join(changes)}")
    for table, column in GENERATED:
        op.create_index(f"ix_{table}_{column}", table, [column], postgresql_using="gin")
    op.execute("CREATE INDEX ix_process_case_words ON process_case USING gin (words_of(title))")
