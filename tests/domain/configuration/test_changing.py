"""Settings on pages: what counts, who may overrule it, what is kept of it."""

from base64 import b64encode
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.transaction import Database
from app.domain.configuration.changing import change
from app.domain.configuration.in_force import Configuration
from app.domain.configuration.records import Setting
from app.domain.journal.records import JournalEntry, JournalPayload
from app.errors import Conflict, Invalid
from app.integrations.email import server_of
from app.settings import Settings
from tests.domain.configuration.pictures import png

KEY = "a key that is long enough for a test"


@pytest.fixture
def configuration(database: Database, tmp_path: Path) -> Configuration:
    """What is in force where the environment says nothing of it."""
    return Configuration(Settings(var=tmp_path, secret_key=KEY), database)  # type: ignore[arg-type]


def test_a_page_counts_more_than_a_default_and_empty_leads_back(session: Session, configuration: Configuration) -> None:
    assert configuration.read(session).values["organisation"].origin == "default"
    assert change(session, configuration, {"organisation": " Nordwind "}, actor_id=None) == ["organisation"]
    known = configuration.read(session)
    assert (known["organisation"], known.values["organisation"].origin) == ("Nordwind", "page")
    assert change(session, configuration, {"organisation": "Nordwind"}, actor_id=None) == []
    change(session, configuration, {"organisation": ""}, actor_id=None)
    assert configuration.read(session)["organisation"] == "Stellwerk"


def test_the_environment_counts_most_and_cannot_be_overruled(session: Session, database: Database) -> None:
    outside = Configuration(Settings(organisation="Outside", mail_url="smtps://mail.example"), database)
    assert outside.read(session).values["organisation"].origin == "environment"
    assert outside.read(session).mail_url == "smtps://mail.example"
    with pytest.raises(Invalid) as refusal:
        change(session, outside, {"organisation": "Inside", "mail_host": "other.example"}, actor_id=None)
    assert set(refusal.value.fields) == {"organisation", "mail_host"}


def test_an_empty_variable_sets_nothing(session: Session, database: Database) -> None:
    empty = Configuration(Settings(organisation="", mail_from="", mail_url=""), database)
    assert (empty.read(session)["organisation"], empty.read(session)["mail_from"]) == (
        "Stellwerk",
        "stellwerk@localhost",
    )
    assert change(session, empty, {"organisation": "Nordwind"}, actor_id=None) == ["organisation"]


def test_everything_wrong_is_said_at_once_and_nothing_is_stored(session: Session, configuration: Configuration) -> None:
    given = {
        "organisation": "Good", "default_time_zone": "Nowhere/Land", "base_url": "javascript:alert(1)",
        "mail_port": "70000", "mail_host": "a b", "mail_security": "none", "mail_from": "nobody", "product": "x" * 25,
        "accent": "#ffffff", "default_locale": "../de",
    }  # fmt: skip
    with pytest.raises(Invalid) as refusal:
        change(session, configuration, given, actor_id=None)
    assert set(refusal.value.fields) == set(given) - {"organisation"}
    assert session.scalars(select(Setting)).all() == []


@pytest.mark.parametrize("value", ["two\nlines", "x" * 201, "bell\x07", "\u2028"])
def test_a_name_is_one_line(session: Session, configuration: Configuration, value: str) -> None:
    with pytest.raises(Invalid):
        change(session, configuration, {"organisation": f"a{value}b"}, actor_id=None)


def test_a_password_is_kept_sealed_and_goes_into_the_servers_address(
    session: Session, configuration: Configuration
) -> None:
    given = {
        "mail_host": "mail.example.org", "mail_port": "465", "mail_security": "tls", "mail_user": "desk@example.org",
        "mail_password": "s3cret:@/",
    }  # fmt: skip
    change(session, configuration, given, actor_id=None)
    stored = session.scalars(select(Setting.value).where(Setting.key == "mail_password")).one()
    assert "s3cret" not in str(stored)
    server = server_of(configuration.read(session).mail_url)
    assert (server.host, server.port, server.security) == ("mail.example.org", 465, "tls")
    assert (server.user, server.password) == ("desk@example.org", "s3cret:@/")
    told = [*session.scalars(select(JournalPayload.content)), *session.scalars(select(JournalEntry.data))]
    assert "s3cret" not in str(told) and str(stored) not in str(told)


def test_with_another_secret_key_the_password_is_missing_and_all_else_there(
    session: Session, configuration: Configuration, database: Database
) -> None:
    change(session, configuration, {"mail_host": "::1", "mail_user": "me", "mail_password": "s3cret"}, actor_id=None)
    other = Configuration(Settings(secret_key="another one altogether, long enough"), database)  # type: ignore[arg-type]
    assert other.read(session).mail_url == "smtp+starttls://me@[::1]"


def test_the_journal_says_what_was_changed_by_whom(session: Session, configuration: Configuration) -> None:
    change(session, configuration, {"organisation": "Nordwind"}, actor_id=None)
    line = session.scalars(select(JournalEntry).where(JournalEntry.chain == "system:settings")).one()
    assert (line.event, line.data) == ("settings.changed", {"keys": ["organisation"]})
    content = session.scalars(select(JournalPayload.content).where(JournalPayload.chain == "system:settings")).one()
    assert content == {"before": {"organisation": ""}, "after": {"organisation": "Nordwind"}}


def test_whoever_saw_older_settings_is_told(session: Session, configuration: Configuration) -> None:
    change(session, configuration, {"organisation": "First"}, actor_id=None, seen=0)
    with pytest.raises(Conflict):
        change(session, configuration, {"organisation": "Second"}, actor_id=None, seen=0)


def test_what_was_stored_counts_at_once_here_and_after_a_look_elsewhere(database: Database, tmp_path: Path) -> None:
    settings = Settings(var=tmp_path)
    here, elsewhere = Configuration(settings, database), Configuration(settings, database)
    assert here.organisation == elsewhere.organisation == "Stellwerk"
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        change(session, here, {"organisation": "Undone"}, actor_id=None)
        raise ZeroDivisionError
    assert here.organisation == "Stellwerk"
    with database.transaction() as session:
        change(session, here, {"organisation": "Nordwind", "default_calendar": "night"}, actor_id=None)
    assert (here.organisation, here.default_calendar) == ("Nordwind", "night")
    assert elsewhere.organisation == "Stellwerk"
    elsewhere.look_again()
    assert elsewhere.organisation == "Nordwind"


def test_appearance_has_an_address_of_its_own_once_it_is_changed(
    session: Session, configuration: Configuration
) -> None:
    assert configuration.read(session).look == ""
    change(session, configuration, {"accent": "#7a1fa2"}, actor_id=None)
    first = configuration.read(session).look
    change(session, configuration, {"logo": b64encode(png()).decode()}, actor_id=None)
    assert configuration.read(session).logo == png()
    assert first and configuration.read(session).look not in ("", first)
