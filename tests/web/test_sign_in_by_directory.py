"""Signing in with the password of an LDAP directory, at a real server."""

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from ldap3 import Connection
from sqlalchemy import select

from app.domain.journal.records import JournalEntry
from app.domain.people import accounts, assignments, findings, identity, segregation
from app.domain.people.assignments import Wish
from app.domain.people.credentials.records import ExternalIdentity, GroupRole
from app.domain.people.records import AuthSession, Person, RefusedRole, RoleAssignment
from app.web import csrf
from tests.web.ldap_server import (
    GROUPS,
    PEOPLE,
    SERVICE,
    SERVICE_PASSWORD,
    ServerAt,
    certificates,
    entry,
    group,
    ldap_server,
)
from tests.web.office import PASSWORD, Browser, Office, Seen

STAFF, MANAGER, OWNER = (f"incidents.process_{step}" for step in ("staff", "manager", "owner"))
SECRET = "a pass word of hers"
DORA = entry("dora.lind", "Dora Lind", SECRET, groups="desk,leads")
MakeOffice = Callable[..., Office]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerAt]:
    with ldap_server(tmp_path_factory.mktemp("ldap")) as found:
        yield found


@pytest.fixture
def desk(office: Office, server: ServerAt, tmp_path: Path) -> Iterator[MakeOffice]:
    """Makes the office with the directory, and with other settings."""
    made: list[Office] = []
    server.holds(DORA)

    def make(**more: Any) -> Office:
        values = {
            "ldap_url": f"ldap://localhost:{server.plain}", "ldap_ca_file": str(server.ca), "ldap_bind_dn": SERVICE,
            "ldap_bind_password": SERVICE_PASSWORD, "ldap_search_base": PEOPLE, "secret_key": "a test's own", **more,
        }  # fmt: skip
        made.append(office.with_settings(tmp_path, **values))
        return made[-1]

    yield make
    for one in made:
        one.parts.database.close()


def enter(desk: Office, login: str = "dora.lind", password: str = SECRET) -> tuple[Browser, Any]:
    browser = desk.visitor()
    browser.see("/sign-in")
    values = {
        "login": login,
        "password": password,
        "back": "/cases",
        "_csrf": csrf.csrf_token(browser.cookies[csrf.VISITOR]),
    }
    return browser, browser.post("/sign-in", values)


def person(desk: Office, login: str = "dora.lind") -> Person | None:
    with desk.parts.database.transaction() as session:
        return session.scalars(select(Person).where(Person.login == login)).first()


def roles(desk: Office, login: str = "dora.lind") -> set[str]:
    found = person(desk, login)
    assert found is not None
    with desk.parts.database.transaction() as session:
        who = identity.of_person(session, found.id)
        assert who is not None
        return {role for role in who.roles if role.startswith("incidents.")}


def map_groups(house: Office, **groups: str) -> None:
    with house.parts.database.transaction() as session:
        session.add_all(GroupRole(group_name=name, role=role) for name, role in groups.items())


def events(house: Office, event: str) -> list[dict[str, Any]]:
    with house.parts.database.transaction() as session:
        query = select(JournalEntry.data).where(JournalEntry.event == event).order_by(JournalEntry.id)
        return list(session.scalars(query))


def test_somebody_new_becomes_a_person_and_follows_the_directory(desk: MakeOffice, server: ServerAt) -> None:
    house = desk()
    browser, answer = enter(house)
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases")
    assert "Dora Lind" in browser.see("/account").text
    made = person(house)
    assert made is not None and made.password_hash is None and made.email == "dora.lind@harbour.example"
    # Married and moved: by what never changes she is still the same.
    server.holds(entry("dora.berg", "Dora Berg", "new", uuid="id-dora.lind", mail="berg@harbour.example"))
    assert enter(house, "dora.berg", "new")[1].status_code == 303
    again = person(house)
    assert again is not None and (again.id, again.name, again.email) == (made.id, "Dora Berg", "berg@harbour.example")
    with house.parts.database.transaction() as session:
        assert session.scalars(select(AuthSession.method)).all() == ["ldap", "ldap"]
    [line] = events(house, "person.changed")
    assert line == {"source": "ldap"}


def test_the_ways_to_ask_a_directory(desk: MakeOffice, server: ServerAt) -> None:
    server.holds(DORA, group("night shift", "dora.lind"))
    template = f"uid={{login}},{PEOPLE}"
    tls = f"ldaps://localhost:{server.tls}"
    for more in (
        {"ldap_url": tls},
        {"ldap_user_dn": template},
        {"ldap_user_dn": template, "ldap_search_base": "", "ldap_bind_dn": "", "ldap_bind_password": ""},
        {"ldap_search_filter": "(|(uid={login})(mail={login}))"},
    ):
        assert enter(desk(**more))[1].status_code == 303, more
    found = desk(ldap_groups_attribute="", ldap_group_base=GROUPS).parts.ldap.sign_in("dora.lind", SECRET)
    assert found is not None and found.groups == {"night shift", f"cn=night shift,{GROUPS}"}
    found = desk(ldap_groups_attribute="").parts.ldap.sign_in("dora.lind", SECRET)
    assert found is not None and found.groups is None


@pytest.mark.parametrize(
    ("login", "password"),
    [("dora.lind", "wrong"), ("dora.lind", ""), ("nobody", SECRET), ("*", SECRET), ("dora*", SECRET),
     ("dora.lind)(uid=*", SECRET), ("x)(|(uid=*", SECRET), (f"dora.lind,{PEOPLE}", SECRET)],
)  # fmt: skip
def test_wrong_and_hostile_logins(desk: MakeOffice, login: str, password: str) -> None:
    for more in ({}, {"ldap_user_dn": f"uid={{login}},{PEOPLE}", "ldap_search_base": ""}):
        browser, answer = enter(desk(**more), login, password)
        assert answer.status_code == 401 and csrf.SESSION not in browser.cookies
        assert "Login or password is wrong" in Seen(answer).text
    assert desk().parts.ldap.sign_in("dora.lind\0", SECRET) is None


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_a_directory_that_cannot_be_trusted_or_is_down_lets_in_only_local_accounts(
    desk: MakeOffice, server: ServerAt, tmp_path: Path, free_port: int
) -> None:
    other, _key = certificates(tmp_path, "elsewhere.example")
    for more in (
        {"ldap_ca_file": str(other)}, {"ldap_ca_file": ""}, {"ldap_ca_file": "", "ldap_url": f"ldaps://localhost:{server.tls}"},
        {"ldap_url": f"ldaps://127.0.0.1:{server.tls}"}, {"ldap_url": f"ldap://127.0.0.1:{server.plain}"},
        {"ldap_url": f"ldap://localhost:{free_port}"}, {"ldap_bind_password": "wrong"},
    ):  # fmt: skip
        house = desk(**more)
        _browser, answer = enter(house)
        assert answer.status_code == 503, more
        assert "The directory where passwords are kept does not answer." in Seen(answer).text
    # ldap3 leaves sockets that it could not protect to the collector; here, not in whatever test comes next.
    gc.collect()
    with house.parts.database.transaction() as session:
        accounts.set_password(session, house.people["Anna Novak"], PASSWORD)
    assert enter(house, "anna.novak", PASSWORD)[1].status_code == 303


def test_local_accounts_stay_their_own(desk: MakeOffice, server: ServerAt) -> None:
    """Who has a password here is never asked for at the directory, and nobody there becomes them by the same login."""
    house = desk()
    server.holds(entry("anna.novak", "Not Anna", SECRET), entry("ben.osei", "Not Ben", SECRET))
    with house.parts.database.transaction() as session:
        accounts.set_password(session, house.people["Anna Novak"], PASSWORD)
    assert enter(house, "anna.novak", SECRET)[1].status_code == 401
    assert enter(house, "anna.novak", PASSWORD)[1].status_code == 303
    assert enter(house, "ben.osei", SECRET)[1].status_code == 303
    with house.parts.database.transaction() as session:
        linked = set(session.scalars(select(ExternalIdentity.person_id)))
    assert linked and not linked & set(house.people.values())
    assert person(house, "ben.osei-2") is not None


def test_an_address_links_where_that_is_allowed_and_who_left_stays_out(desk: MakeOffice, server: ServerAt) -> None:
    house = desk(ldap_link_by_email=True, ldap_create_people=False)
    server.holds(DORA, entry("ben", "Ben Osei", SECRET, mail="Ben.Osei@example.org"))
    assert enter(house)[1].status_code == 401
    browser, answer = enter(house, "ben")
    assert answer.status_code == 303 and "Ben Osei" in browser.see("/account").text
    with house.parts.database.transaction() as session:
        session.get_one(Person, house.people["Ben Osei"]).active = False
    assert enter(house, "ben")[1].status_code == 401


def test_guessing_ends_after_a_few_attempts_wherever_it_comes_from(desk: MakeOffice) -> None:
    house = desk()
    for _attempt in range(5):
        assert enter(house, "Dora.Lind", "wrong")[1].status_code == 401
    assert enter(house)[1].status_code == 401
    assert person(house) is None


def test_groups_give_roles_as_at_a_provider_but_not_against_the_rules(desk: MakeOffice, server: ServerAt) -> None:
    house = desk()
    map_groups(house, desk=STAFF, leads=MANAGER, owners=OWNER)
    with house.parts.database.transaction() as session:
        segregation.add_rule(session, MANAGER, STAFF, "Nobody leads themselves.", actor_id=None)
    assert enter(house)[1].status_code == 303
    # By their keys in order the first is given, the second refused.
    assert roles(house) & {STAFF, MANAGER} == {MANAGER}
    made = person(house)
    assert made is not None
    refused = [{"person": made.id, "source": "ldap", "broken": [[STAFF, MANAGER]]}]
    assert events(house, "role.refused") == refused
    enter(house)
    assert events(house, "role.refused") == refused

    def found() -> list[str]:
        with house.parts.database.transaction() as session:
            return [str(one.told) for one in findings.found(session) if one.kind == "refused"]

    assert len(found()) == 1 and "Dora Lind" in found()[0] and "Nobody leads themselves." in found()[0]
    # Out of one group, the role of the other one is given, and the finding is gone.
    server.holds(entry("dora.lind", "Dora Lind", SECRET, groups="desk,owners"))
    enter(house)
    assert roles(house) == {STAFF, OWNER} and found() == []
    with house.parts.database.transaction() as session:
        assert session.scalars(select(RefusedRole)).all() == []
        sources = session.execute(
            select(RoleAssignment.role, RoleAssignment.source)
            .where(RoleAssignment.valid_until.is_(None), RoleAssignment.person_id == made.id)
            .order_by(RoleAssignment.role)
        ).all()
    assert [tuple(row) for row in sources] == [(OWNER, "ldap"), (STAFF, "ldap")]


def test_a_role_that_people_gave_stands_against_that_of_a_group(desk: MakeOffice) -> None:
    house = desk()
    enter(house)
    made = person(house)
    assert made is not None
    map_groups(house, desk=STAFF)
    with house.parts.database.transaction() as session:
        segregation.add_rule(session, MANAGER, STAFF, "Nobody leads themselves.", actor_id=None)
        assignments.assign(session, Wish(MANAGER, person_id=made.id), actor_id=None)
    enter(house)
    assert roles(house) & {STAFF, MANAGER} == {MANAGER}
    with house.parts.database.transaction() as session:
        rule = segregation.rules(session)[-1]
        assert rule.reason == "Nobody leads themselves."
        segregation.drop_rule(session, rule.id, actor_id=None)
        assert [one for one in findings.found(session) if one.kind == "refused"] == []
    enter(house)
    assert {STAFF, MANAGER} <= roles(house)


@pytest.mark.parametrize("template", ["", f"uid={{login}},{PEOPLE}"])
def test_the_steps_of_a_refusal_do_not_tell_who_exists(
    desk: MakeOffice, server: ServerAt, monkeypatch: pytest.MonkeyPatch, template: str
) -> None:
    """Local, in the directory, in both, locked, left, unknown: as many hashes, and the same talk with the directory."""
    house = desk(ldap_user_dn=template)
    server.holds(DORA, entry("anna.novak", "Not Anna", SECRET))
    assert enter(house)[1].status_code == 303
    with house.parts.database.transaction() as session:
        for name in ("Anna Novak", "Ines Duarte", "Chiara Ricci"):
            accounts.set_password(session, house.people[name], PASSWORD)
        session.get_one(Person, house.people["Chiara Ricci"]).active = False
    for _attempt in range(6):
        enter(house, "ines.duarte", "wrong")
        enter(house, "tried.often", "wrong")
    steps: list[str] = []

    def noting(owner: Any, name: str, told: Callable[..., str]) -> None:
        way = getattr(owner, name)

        def carry_out(self: Any, *rest: Any, **more: Any) -> Any:
            steps.append(told(self))
            return way(self, *rest, **more)

        monkeypatch.setattr(owner, name, carry_out)

    noting(PasswordHasher, "verify", lambda _self: "hash")
    noting(Connection, "bind", lambda self: "bind as service" if self.user == SERVICE else "bind")
    noting(Connection, "search", lambda _self: "search")
    seen: dict[str, list[str]] = {}
    for login in ("anna.novak", "ben.osei", "chiara.ricci", "ines.duarte", "dora.lind", "tried.often", "nobody", "*"):
        steps.clear()
        browser, answer = enter(house, login, "wrong")
        assert answer.status_code == 401 and csrf.SESSION not in browser.cookies
        seen[login] = list(steps)
    expected = ["hash", "bind"] if template else ["hash", "bind as service", "search", "bind"]
    assert set(map(tuple, seen.values())) == {tuple(expected)}, seen
    for login in ("anna.novak", "dora.lind", "nobody"):
        steps.clear()
        assert enter(house, login, "")[1].status_code == 401
        assert steps == ["hash"], "without a password nobody is asked for"
    steps.clear()
    assert enter(house, "anna.novak", PASSWORD)[1].status_code == 303
    assert steps == ["hash"], "whoever is right needs no directory"


def test_no_password_of_a_local_account_is_sent_to_the_directory(
    desk: MakeOffice, server: ServerAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = desk()
    with house.parts.database.transaction() as session:
        accounts.set_password(session, house.people["Anna Novak"], PASSWORD)
    sent: list[str] = []
    bind, search = Connection.bind, Connection.search

    def binding(self: Any, *rest: Any, **more: Any) -> Any:
        sent.append(f"{self.user} {self.password}")
        return bind(self, *rest, **more)

    def searching(self: Any, *rest: Any, **more: Any) -> Any:
        sent.append(str(rest))
        return search(self, *rest, **more)

    monkeypatch.setattr(Connection, "bind", binding)
    monkeypatch.setattr(Connection, "search", searching)
    almost = PASSWORD[:-1]
    assert enter(house, "anna.novak", almost)[1].status_code == 401
    assert len(sent) == 3 and not any(almost in one or "anna" in one for one in sent)


def test_while_the_directory_is_down_every_refusal_sounds_the_same(desk: MakeOffice, free_port: int) -> None:
    house = desk(ldap_url=f"ldap://localhost:{free_port}")
    with house.parts.database.transaction() as session:
        accounts.set_password(session, house.people["Anna Novak"], PASSWORD)
    answers = [enter(house, login, "wrong")[1] for login in ("anna.novak", "dora.lind", "nobody")]
    assert [one.status_code for one in answers] == [503] * 3
    assert enter(house, "anna.novak", PASSWORD)[1].status_code == 303
    gc.collect()
