"""Create the tables, sequences, the journal's guard and Procrastinate's schema of the first release."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"
# One sequence of numbers per kind of record (INC-2026-0042); gaps are allowed.
PREFIXES = ("INC", "SVC", "KER", "REQ", "MAJ", "PRB", "CI", "CHG", "REL", "IMP", "AGR", "RPT", "RSK")


def run_script(name: str) -> None:
    """Run a file of many statements as it stands; SQLAlchemy would take its colons for parameters."""
    op.get_bind().connection.driver_connection.execute((SQL / name).read_text())


def upgrade() -> None:
    """Build the whole schema."""
    create_tables()
    op.execute("CREATE SEQUENCE case_number_seq")
    for prefix in PREFIXES:
        op.execute(f"CREATE SEQUENCE record_number_{prefix.lower()}_seq")
    op.execute("INSERT INTO library_state (id) VALUES (1)")
    run_script("append_only.sql")
    run_script("procrastinate-3.10.sql")
    # Its NOTIFY takes a lock that lets only one transaction commit at a time; our workers look for jobs themselves.
    op.execute("DROP TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1 ON procrastinate_jobs")


def create_tables() -> None:
    """Create what the `records.py` modules declare."""
    op.create_table(
        "bundle",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("diagram", sa.Text(), nullable=False),
        sa.Column("members", JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("hash"),
    )
    op.create_table(
        "calendar",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("hours", JSONB(), nullable=False),
        sa.Column("days_off", JSONB(), nullable=False),
        sa.UniqueConstraint("key"),
    )
    op.create_table(
        "job_failure",
        sa.Column("job_id", sa.BigInteger(), autoincrement=False, primary_key=True),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("traceback", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "journal_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger()),
        sa.Column("record_id", sa.BigInteger()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger()),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("element", sa.Text()),
        sa.Column("data", JSONB(), nullable=False),
        sa.Column("payload_digest", sa.LargeBinary()),
        sa.Column("previous", sa.LargeBinary()),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
    )
    op.create_index(
        "ix_journal_entry_case", "journal_entry", ["case_id", "id"], postgresql_where=sa.text("case_id IS NOT NULL")
    )
    op.create_index(
        "ix_journal_entry_record",
        "journal_entry",
        ["record_id", "id"],
        postgresql_where=sa.text("record_id IS NOT NULL"),
    )
    op.create_index("uq_journal_entry_chain", "journal_entry", ["chain", "position"], unique=True)
    op.create_table(
        "journal_payload",
        sa.Column("chain", sa.Text(), primary_key=True),
        sa.Column("position", sa.BigInteger(), primary_key=True),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
    )
    op.create_table(
        "library_state",
        sa.Column("id", sa.BigInteger(), autoincrement=False, primary_key=True),
        sa.Column("generation", sa.BigInteger(), server_default="1", nullable=False),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "schedule_duty",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.Column("node", sa.Text()),
        sa.Column("changed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("error", sa.Text()),
    )
    op.create_table(
        "schedule_node",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ticked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fired", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("error", sa.Text()),
    )
    op.create_table(
        "team",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.BigInteger()),
        sa.Column("email", sa.Text()),
        sa.UniqueConstraint("key"),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text()),
        sa.Column("phone", sa.Text()),
        sa.Column("department", sa.Text()),
        sa.Column("organisation_id", sa.BigInteger(), sa.ForeignKey("organisation.id")),
        sa.Column("password_hash", sa.Text()),
        sa.Column("locale", sa.Text(), server_default="en", nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="Europe/Berlin", nullable=False),
        sa.Column("single_keys", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("administrator", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("failed_logins", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.create_index("ix_person_email", "person", [sa.literal_column("lower(email)")])
    op.create_index("uq_person_login", "person", [sa.literal_column("lower(login)")], unique=True)
    op.create_table(
        "api_token",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("digest"),
    )
    op.create_index("ix_api_token_person_id", "api_token", ["person_id"])
    op.create_table(
        "auth_session",
        sa.Column("digest", sa.LargeBinary(), primary_key=True),
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.Text()),
        sa.Column("user_agent", sa.Text()),
    )
    op.create_index("ix_auth_session_expires_at", "auth_session", ["expires_at"])
    op.create_index("ix_auth_session_person_id", "auth_session", ["person_id"])
    op.create_table(
        "definition",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("meta", JSONB(), nullable=False),
        sa.Column("current", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
    )
    op.create_index(
        "uq_definition_current", "definition", ["kind", "key"], unique=True, postgresql_where=sa.text("current")
    )
    op.create_index("uq_definition_version", "definition", ["kind", "key", "number"], unique=True)
    op.create_table(
        "record",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="open", nullable=False),
        sa.Column("priority", sa.Text()),
        sa.Column("owner_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.Column("requester_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.Column("team_id", sa.BigInteger(), sa.ForeignKey("team.id")),
        sa.Column("service_id", sa.BigInteger(), sa.ForeignKey("record.id")),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("custom", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("journal_head", sa.LargeBinary()),
        sa.Column("journal_length", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "search",
            TSVECTOR(),
            sa.Computed(
                "setweight(to_tsvector('simple', number || ' ' || title), 'A')"
                " || jsonb_to_tsvector('simple', custom, '[\"string\"]')",
                persisted=True,
            ),
        ),
        sa.UniqueConstraint("number"),
    )
    op.create_index("ix_record_kind_status", "record", ["kind", "status", "id"])
    op.create_index("ix_record_owner", "record", ["owner_id"], postgresql_where=sa.text("closed_at IS NULL"))
    op.create_index("ix_record_requester_id", "record", ["requester_id"])
    op.create_index("ix_record_search", "record", ["search"], postgresql_using="gin")
    op.create_index("ix_record_service_id", "record", ["service_id"])
    op.create_index("ix_record_team_id", "record", ["team_id"])
    op.create_table(
        "role_assignment",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id", ondelete="CASCADE")),
        sa.Column("team_id", sa.BigInteger(), sa.ForeignKey("team.id", ondelete="CASCADE")),
        sa.Column("valid_from", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("role", "person_id", "team_id"),
    )
    op.create_index("ix_role_assignment_person_id", "role_assignment", ["person_id"])
    op.create_index("ix_role_assignment_role", "role_assignment", ["role"])
    op.create_index("ix_role_assignment_team_id", "role_assignment", ["team_id"])
    op.create_table(
        "team_member",
        sa.Column("team_id", sa.BigInteger(), sa.ForeignKey("team.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("leads", sa.Boolean(), server_default="false", nullable=False),
    )
    op.create_index("ix_team_member_person_id", "team_member", ["person_id"])
    op.create_table(
        "used_key",
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id"), primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("answer", JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "comment",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("record_id", sa.BigInteger(), sa.ForeignKey("record.id"), nullable=False),
        sa.Column("author_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("public", sa.Boolean(), server_default="false", nullable=False),
    )
    op.create_index("ix_comment_record_id", "comment", ["record_id"])
    op.create_table(
        "incident",
        sa.Column("record_id", sa.BigInteger(), sa.ForeignKey("record.id"), primary_key=True),
        sa.Column("description", sa.Text()),
        sa.Column("channel", sa.Text()),
        sa.Column("caller_name", sa.Text()),
        sa.Column("caller_contact", sa.Text()),
        sa.Column("category", sa.Text()),
        sa.Column("impact", sa.Text()),
        sa.Column("urgency", sa.Text()),
        sa.Column("major", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("coordinator_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.Column("known_error_id", sa.BigInteger(), sa.ForeignKey("record.id")),
        sa.Column("level", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("resolution", sa.Text()),
        sa.Column("cause", sa.Text()),
        sa.Column("closure_code", sa.Text()),
        sa.Column("reopened", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True)),
        sa.Column(
            "words",
            TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple', coalesce(description, '') || ' ' || coalesce(resolution, '')"
                " || ' ' || coalesce(cause, ''))",
                persisted=True,
            ),
        ),
    )
    op.create_index("ix_incident_words", "incident", ["words"], postgresql_using="gin")
    op.create_table(
        "known_error",
        sa.Column("record_id", sa.BigInteger(), sa.ForeignKey("record.id"), primary_key=True),
        sa.Column("symptoms", sa.Text()),
        sa.Column("workaround", sa.Text()),
        sa.Column("used", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "words",
            TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple', coalesce(symptoms, '') || ' ' || coalesce(workaround, ''))", persisted=True
            ),
        ),
    )
    op.create_index("ix_known_error_words", "known_error", ["words"], postgresql_using="gin")
    op.create_table(
        "process_case",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("diagram", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("diagram_version", sa.BigInteger(), nullable=False),
        sa.Column("bundle_id", sa.BigInteger(), sa.ForeignKey("bundle.id"), nullable=False),
        sa.Column("record_id", sa.BigInteger(), sa.ForeignKey("record.id")),
        sa.Column("parent_id", sa.BigInteger(), sa.ForeignKey("process_case.id")),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="running", nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("waits", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.Column("requester_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("end_event", sa.Text()),
        sa.Column("stuck_element", sa.Text()),
        sa.Column("stuck_message", sa.Text()),
        sa.Column("stuck_traceback", sa.Text()),
        sa.Column("journal_head", sa.LargeBinary()),
        sa.Column("journal_length", sa.BigInteger(), server_default="0", nullable=False),
        sa.UniqueConstraint("number"),
    )
    op.create_index("ix_process_case_diagram", "process_case", ["diagram", "status", "id"])
    op.create_index("ix_process_case_owner_id", "process_case", ["owner_id"])
    op.create_index("ix_process_case_parent_id", "process_case", ["parent_id"])
    op.create_index("ix_process_case_record_id", "process_case", ["record_id"])
    op.create_index("ix_process_case_requester_id", "process_case", ["requester_id"])
    op.create_index("ix_process_case_stuck", "process_case", ["id"], postgresql_where=sa.text("status = 'stuck'"))
    op.create_table(
        "service",
        sa.Column("record_id", sa.BigInteger(), sa.ForeignKey("record.id"), primary_key=True),
        sa.Column("description", sa.Text()),
        sa.Column("phase", sa.Text(), server_default="production", nullable=False),
        sa.Column("critical", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("words", TSVECTOR(), sa.Computed("to_tsvector('simple', coalesce(description, ''))", persisted=True)),
    )
    op.create_index("ix_service_words", "service", ["words"], postgresql_using="gin")
    op.create_table(
        "evidence",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), sa.ForeignKey("process_case.id"), nullable=False),
        sa.Column("record_id", sa.BigInteger(), sa.ForeignKey("record.id")),
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("diagram", sa.Text(), nullable=False),
        sa.Column("diagram_version", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text()),
        sa.Column("values_hash", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_evidence_case_id", "evidence", ["case_id"])
    op.create_index("ix_evidence_identifier", "evidence", ["identifier", "at"])
    op.create_table(
        "message",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("payload", JSONB(), nullable=False),
        sa.Column("broadcast", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("status", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("sender_case_id", sa.BigInteger(), sa.ForeignKey("process_case.id")),
        sa.Column("sender_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("identity"),
    )
    op.create_index("ix_message_sender_case_id", "message", ["sender_case_id"])
    op.create_index(
        "ix_message_waiting", "message", ["name", "key", "id"], postgresql_where=sa.text("status = 'waiting'")
    )
    op.create_table(
        "notification",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("case_id", sa.BigInteger(), sa.ForeignKey("process_case.id")),
        sa.Column("record_id", sa.BigInteger(), sa.ForeignKey("record.id")),
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("data", JSONB(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("key"),
    )
    op.create_index("ix_notification_case_id", "notification", ["case_id"])
    op.create_index("ix_notification_person_id", "notification", ["person_id"])
    op.create_index("ix_notification_record_id", "notification", ["record_id"])
    op.create_table(
        "stimulus",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("case_id", sa.BigInteger(), sa.ForeignKey("process_case.id")),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("data", JSONB(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retried_at", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_stimulus_case_id", "stimulus", ["case_id"])
    op.create_table(
        "subscription",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("case_id", sa.BigInteger(), sa.ForeignKey("process_case.id"), nullable=False),
        sa.Column("engine_id", sa.UUID(), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
    )
    op.create_index("ix_subscription_case", "subscription", ["case_id", "id"])
    op.create_index("ix_subscription_match", "subscription", ["name", "key"])
    op.create_table(
        "task",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("case_id", sa.BigInteger(), sa.ForeignKey("process_case.id"), nullable=False),
        sa.Column("engine_id", sa.UUID(), nullable=False),
        sa.Column("diagram", sa.Text(), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="open", nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("assignee_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("priority", sa.BigInteger(), server_default="3", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True)),
        sa.Column("completed_at", sa.DateTime(timezone=True)),
        sa.Column("completed_by_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.Column("draft", JSONB()),
        sa.Column("draft_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
    )
    op.create_index("ix_task_case", "task", ["case_id", "id"])
    op.create_index(
        "ix_task_done", "task", ["completed_by_id", "completed_at", "id"], postgresql_where=sa.text("status = 'done'")
    )
    op.create_index("ix_task_due", "task", ["due_at", "id"], postgresql_where=sa.text("status = 'open'"))
    op.create_index(
        "ix_task_mine",
        "task",
        ["assignee_id", "due_at", "id"],
        postgresql_where=sa.text("status = 'open' AND assignee_id IS NOT NULL"),
    )
    op.create_index(
        "ix_task_role",
        "task",
        ["role", "due_at", "id"],
        postgresql_where=sa.text("status = 'open' AND assignee_id IS NULL"),
    )
    op.create_table(
        "timer",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("case_id", sa.BigInteger(), sa.ForeignKey("process_case.id"), nullable=False),
        sa.Column("engine_id", sa.UUID(), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), server_default="waiting", nullable=False),
    )
    op.create_index("ix_timer_case", "timer", ["case_id", "id"])
    op.create_index("ix_timer_due", "timer", ["due_at", "id"], postgresql_where=sa.text("status = 'waiting'"))
    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("message_id", sa.BigInteger(), sa.ForeignKey("message.id"), nullable=False),
        sa.Column("case_id", sa.BigInteger(), sa.ForeignKey("process_case.id"), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("message_id", "case_id"),
    )
    op.create_index("ix_delivery_case_id", "delivery", ["case_id"])
    op.create_table(
        "file",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("record_id", sa.BigInteger(), sa.ForeignKey("record.id")),
        sa.Column("task_id", sa.BigInteger(), sa.ForeignKey("task.id")),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_by_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_file_record_id", "file", ["record_id"])
    op.create_index("ix_file_task_id", "file", ["task_id"])
