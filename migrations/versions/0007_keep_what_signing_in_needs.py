"""Keep second factors, secrets for one use, spent attempts, accounts elsewhere, and what tokens may be used for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Tokens that were made before there were scopes go on as they are.
EVERYTHING = """'["read", "work", "account", "administration", "metrics"]'"""


def upgrade() -> None:
    """Add tables and columns."""

    def of_person(*, key: bool = False, nullable: bool = False) -> sa.Column[int]:
        owner = sa.ForeignKey("person.id", ondelete="CASCADE")
        options = {"primary_key": True, "autoincrement": False} if key else {"nullable": nullable}
        return sa.Column("person_id", sa.BigInteger(), owner, **options)

    time = sa.DateTime(timezone=True)
    op.create_table(
        "second_factor",
        of_person(key=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", time, nullable=False),
        sa.Column("confirmed_at", time),
        sa.Column("last_step", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.create_table("recovery_code", sa.Column("digest", sa.LargeBinary(), primary_key=True), of_person())
    op.create_table(
        "one_time_secret",
        sa.Column("digest", sa.LargeBinary(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        of_person(nullable=True),
        sa.Column("data", JSONB(), server_default="{}", nullable=False),
        sa.Column("expires_at", time, nullable=False),
    )
    op.create_table(
        "spent_attempts",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("until", time, nullable=False),
    )
    op.create_table(
        "external_identity",
        sa.Column("issuer", sa.Text(), primary_key=True),
        sa.Column("subject", sa.Text(), primary_key=True),
        of_person(),
        sa.Column("linked_at", time, nullable=False),
    )
    op.create_table(
        "group_role",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("group_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.UniqueConstraint("group_name", "role"),
    )
    for table in ("recovery_code", "one_time_secret", "external_identity"):
        op.create_index(f"ix_{table}_person_id", table, ["person_id"])
    op.create_index("ix_one_time_secret_expires_at", "one_time_secret", ["expires_at"])
    op.create_index("ix_spent_attempts_until", "spent_attempts", ["until"])

    op.add_column("role_assignment", sa.Column("source", sa.Text()))
    op.add_column("auth_session", sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False))
    op.create_unique_constraint(None, "auth_session", ["id"])
    op.add_column("auth_session", sa.Column("method", sa.Text(), server_default="password", nullable=False))
    op.add_column("auth_session", sa.Column("hint", sa.LargeBinary()))
    op.add_column("api_token", sa.Column("scopes", JSONB(), server_default=sa.text(EVERYTHING), nullable=False))
    op.alter_column("api_token", "scopes", server_default=None)
    op.add_column("api_token", sa.Column("last_used_at", time))
