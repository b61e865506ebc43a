"""Tell people what concerns them, as each of them wants it, and let authors edit what they said."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

UNTOLD = "status = 'open' AND coalesce(told, -1) <> coalesce(assignee_id, 0)"


def upgrade() -> None:
    """Add events to notifications, what people choose, and marks of what was told; nobody is told of what is old."""
    for column in (
        sa.Column("event", sa.Text()),
        sa.Column("task_id", sa.BigInteger(), sa.ForeignKey("task.id")),
        sa.Column("comment_id", sa.BigInteger(), sa.ForeignKey("comment.id")),
        sa.Column("path", sa.Text()),
        sa.Column("shown", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True)),
        sa.Column("send_at", sa.DateTime(timezone=True)),
    ):
        op.add_column("notification", column)
    for name, columns, condition in (
        ("mine", ["person_id", "id"], "shown"),
        ("unread", ["person_id"], "shown AND read_at IS NULL"),
        ("collected", ["person_id", "send_at"], "status = 'collected'"),
        ("task_id", ["task_id"], "task_id IS NOT NULL"),
        ("comment_id", ["comment_id"], "comment_id IS NOT NULL"),
    ):
        op.create_index(f"ix_notification_{name}", "notification", columns, postgresql_where=sa.text(condition))
    op.create_table(
        "notification_choice",
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("event", sa.Text(), primary_key=True),
        sa.Column("page", sa.Boolean(), nullable=False),
        sa.Column("mail", sa.Text(), nullable=False),
    )
    op.create_table(
        "notification_hours",
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("quiet_from", sa.BigInteger()),
        sa.Column("quiet_until", sa.BigInteger()),
        sa.Column("quiet_weekends", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("digest_hour", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "webhook",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id", ondelete="CASCADE"), index=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", postgresql.JSONB(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("failures", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), sa.ForeignKey("person.id", ondelete="SET NULL")),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("webhook_id", sa.BigInteger(), sa.ForeignKey("webhook.id", ondelete="CASCADE"), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False, unique=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("notification_id", sa.BigInteger(), sa.ForeignKey("notification.id")),
        sa.Column("status", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("answer_status", sa.BigInteger()),
        sa.Column("answer", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("webhook_id", "key"),
    )
    op.create_index("ix_webhook_delivery_at", "webhook_delivery", ["created_at"])
    op.add_column("process_case", sa.Column("told_stuck", sa.BigInteger()))
    op.execute("UPDATE process_case SET told_stuck = version WHERE status = 'stuck'")
    op.add_column("task", sa.Column("told", sa.BigInteger()))
    op.execute("UPDATE task SET told = coalesce(assignee_id, 0) WHERE status = 'open'")
    op.create_index("ix_task_untold", "task", ["id"], postgresql_where=sa.text(UNTOLD))
    op.add_column("comment", sa.Column("edited_at", sa.DateTime(timezone=True)))
    op.add_column("comment", sa.Column("withdrawn_at", sa.DateTime(timezone=True)))
    op.add_column("comment", sa.Column("told", sa.Boolean(), server_default="true", nullable=False))
    op.alter_column("comment", "told", server_default="false")
    op.create_index("ix_comment_untold", "comment", ["id"], postgresql_where=sa.text("NOT told"))
    op.add_column("file", sa.Column("comment_id", sa.BigInteger(), sa.ForeignKey("comment.id")))
    op.create_index("ix_file_comment_id", "file", ["comment_id"])
