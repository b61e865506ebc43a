"""The second factor: confirmed by a code, each code once, recovery codes, limits, reset."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.journal.records import JournalEntry
from app.domain.people import sign_in
from app.domain.people.credentials import second_factor
from app.domain.people.credentials.records import RecoveryCode, SecondFactor
from app.domain.people.credentials.sealing import Seal
from app.domain.people.records import Person
from app.domain.people.sign_in import CodeNeeded, Lockout, SignedIn
from app.errors import Conflict

PASSWORD = "harbour gulls at noon"
MORNING = datetime(2026, 3, 6, 8, 0, tzinfo=UTC)
SEAL = Seal(b"a test's own", second_factor.PURPOSE)


@pytest.fixture
def dora(person) -> Person:
    """Dora Lind has a password."""
    return person("Dora Lind", password=PASSWORD)


def device(session: Session, person: Person) -> pyotp.TOTP:
    """The authenticator that has scanned the code on the page."""
    second_factor.begin(session, person.id, SEAL)
    setup = second_factor.setup(session, person, SEAL, issuer="Harbour Lab")
    assert setup is not None
    read = pyotp.parse_uri(setup.uri)
    assert isinstance(read, pyotp.TOTP)
    assert (read.secret, read.name, read.issuer) == (setup.secret, "dora.lind", "Harbour Lab")
    return read


def switched_on(session: Session, person: Person) -> tuple[pyotp.TOTP, list[str]]:
    """The authenticator and the recovery codes of somebody who has set it up; half a minute passes."""
    found = device(session, person)
    codes = second_factor.confirm(session, person.id, found.at(clock.now()), SEAL)
    assert codes is not None
    clock.advance(timedelta(seconds=30))
    return found, codes


def events(session: Session, person: Person) -> list[str]:
    """What the journal says of a person."""
    chain = f"system:person:{person.id}"
    query = select(JournalEntry.event).where(JournalEntry.chain == chain).order_by(JournalEntry.position)
    return list(session.scalars(query))


def test_nothing_is_asked_before_a_code_has_confirmed_it(session: Session, dora: Person) -> None:
    with clock.at(MORNING):
        found = device(session, dora)
        assert not second_factor.is_on(session, dora.id)
        assert second_factor.confirm(session, dora.id, "000000", SEAL) is None
        assert second_factor.confirm(session, dora.id, found.at(MORNING - timedelta(minutes=2)), SEAL) is None
        codes = second_factor.confirm(session, dora.id, found.at(MORNING), SEAL)
        assert codes is not None and len(set(codes)) == 10
        assert second_factor.is_on(session, dora.id)
        assert second_factor.setup(session, dora, SEAL, issuer="Harbour Lab") is None


def test_a_running_one_is_not_replaced_by_setting_up_another(session: Session, dora: Person) -> None:
    with clock.at(MORNING):
        switched_on(session, dora)
        with pytest.raises(Conflict):
            second_factor.begin(session, dora.id, SEAL)


def test_each_code_is_accepted_once_and_no_older_one_after_it(session: Session, dora: Person) -> None:
    with clock.at(MORNING):
        found, _codes = switched_on(session, dora)
        now = clock.now()
        # The code that confirmed it is used up, too.
        assert second_factor.check(session, dora.id, found.at(now - timedelta(seconds=30)), SEAL) is None
        code = found.at(now)
        assert second_factor.check(session, dora.id, f" {code[:3]} {code[3:]} ", SEAL) == "code"
        assert second_factor.check(session, dora.id, code, SEAL) is None
        clock.advance(timedelta(seconds=30))
        assert second_factor.check(session, dora.id, found.at(clock.now()), SEAL) == "code"


@pytest.mark.parametrize(("seconds", "accepted"), [(-30, True), (0, True), (30, True), (-90, False), (90, False)])
def test_clocks_may_differ_by_half_a_minute(session: Session, dora: Person, seconds: int, accepted: bool) -> None:
    with clock.at(MORNING):
        found, _codes = switched_on(session, dora)
        clock.advance(timedelta(minutes=5))
        code = found.at(clock.now() + timedelta(seconds=seconds))
        assert (second_factor.check(session, dora.id, code, SEAL) == "code") is accepted


def test_a_recovery_code_lets_in_once_however_it_is_typed(session: Session, dora: Person, ben: Person) -> None:
    with clock.at(MORNING):
        _found, codes = switched_on(session, dora)
        assert second_factor.check(session, ben.id, codes[0], SEAL) is None
        assert second_factor.check(session, dora.id, codes[0].upper().replace("-", " "), SEAL) == "recovery_code"
        assert second_factor.check(session, dora.id, codes[0], SEAL) is None
        assert second_factor.codes_left(session, dora.id) == 9
        renewed = second_factor.renew_codes(session, dora.id)
        assert second_factor.check(session, dora.id, codes[1], SEAL) is None
        assert second_factor.check(session, dora.id, renewed[0], SEAL) == "recovery_code"


def test_after_several_wrong_codes_none_is_accepted_for_a_while(session: Session, dora: Person) -> None:
    with clock.at(MORNING):
        found, codes = switched_on(session, dora)
        for _ in range(5):
            assert second_factor.check(session, dora.id, "123456", SEAL) is None
        assert second_factor.check(session, dora.id, found.at(clock.now()), SEAL) is None
        assert second_factor.check(session, dora.id, codes[0], SEAL) is None
        clock.advance(timedelta(minutes=15, seconds=1))
        assert second_factor.check(session, dora.id, found.at(clock.now()), SEAL) == "code"
        assert "person.codes_locked" in events(session, dora)


def test_the_database_alone_tells_neither_secret_nor_codes(session: Session, dora: Person) -> None:
    with clock.at(MORNING):
        found, codes = switched_on(session, dora)
        row = session.scalars(select(SecondFactor)).one()
        assert found.secret.encode() not in row.secret
        stored = session.scalars(select(RecoveryCode.digest)).all()
        assert all(code.encode() not in digest for code in codes for digest in stored)


def test_with_another_key_or_for_another_person_a_secret_cannot_be_read(
    session: Session, dora: Person, ben: Person
) -> None:
    with clock.at(MORNING):
        found, codes = switched_on(session, dora)
        other = Seal(b"another secret key", second_factor.PURPOSE)
        assert second_factor.check(session, dora.id, found.at(clock.now()), other) is None
        # What is on paper still works after the key was lost.
        assert second_factor.check(session, dora.id, codes[0], other) == "recovery_code"
        stolen = session.scalars(select(SecondFactor)).one().secret
        session.add(SecondFactor(person_id=ben.id, secret=stolen, made_at=MORNING, confirmed_at=MORNING, last_step=0))
        session.flush()
        assert second_factor.check(session, ben.id, found.at(clock.now()), SEAL) is None


def test_an_administrator_resets_it_and_the_journal_says_so(session: Session, dora: Person, ben: Person) -> None:
    with clock.at(MORNING):
        switched_on(session, dora)
        assert second_factor.remove(session, dora.id, by_id=ben.id)
        assert not second_factor.remove(session, dora.id, by_id=ben.id)
        assert not second_factor.is_on(session, dora.id)
        assert session.scalars(select(RecoveryCode)).all() == []
        line = session.scalars(select(JournalEntry).order_by(JournalEntry.id.desc())).first()
        assert line is not None
        assert (line.event, line.actor_id) == ("person.second_factor_reset", ben.id)


def test_signing_in_takes_both_steps(session: Session, dora: Person) -> None:
    with clock.at(MORNING):
        found, _codes = switched_on(session, dora)
        begun = sign_in.sign_in(session, "dora.lind", PASSWORD, hours=8, lockout=Lockout())
        assert isinstance(begun, CodeNeeded)
        assert sign_in.waits(session, begun.secret) == dora.id
        assert sign_in.finish(session, begun.secret, "000000", seal=SEAL, hours=8) is None
        opened = sign_in.finish(session, begun.secret, found.at(clock.now()), seal=SEAL, hours=8)
        assert isinstance(opened, SignedIn) and opened.person_id == dora.id
        # The step is used up: the next code does not open a second session with it.
        clock.advance(timedelta(seconds=60))
        assert sign_in.finish(session, begun.secret, found.at(clock.now()), seal=SEAL, hours=8) is None


def test_a_first_step_waits_ten_minutes_and_not_for_somebody_who_has_left(session: Session, dora: Person) -> None:
    with clock.at(MORNING):
        found, _codes = switched_on(session, dora)
        begun = sign_in.sign_in(session, "dora.lind", PASSWORD, hours=8, lockout=Lockout())
        assert isinstance(begun, CodeNeeded)
        dora.active = False
        session.flush()
        assert sign_in.finish(session, begun.secret, found.at(clock.now()), seal=SEAL, hours=8) is None
        dora.active = True
        session.flush()
        clock.advance(timedelta(minutes=10))
        assert sign_in.waits(session, begun.secret) is None


def test_the_journal_tells_how_somebody_came_in_and_where_from_can_be_erased(session: Session, dora: Person) -> None:
    for password in ("wrong", "wrong", "wrong", PASSWORD):
        sign_in.sign_in(session, "dora.lind", password, hours=8, lockout=Lockout(3, 15), address="192.0.2.7")
    assert events(session, dora) == [
        "person.sign_in_failed", "person.sign_in_failed", "person.locked", "person.sign_in_refused"
    ]  # fmt: skip
    for entry in session.scalars(select(JournalEntry)):
        assert "192.0.2.7" not in str(entry.data)
