"""The sections of the administration, and who may enter them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.requests import Request

from app.errors import Forbidden
from app.web.dependencies import Visit, visit
from app.web.i18n import mark


@dataclass(frozen=True, slots=True)
class Section:
    """One entry of the administration's list: where it is, what it is called, what is done there (marked texts)."""

    path: str
    icon: str
    title: str
    purpose: str


# In the order in which somebody who sets Stellwerk up goes through them.
GROUPS: tuple[tuple[str, tuple[Section, ...]], ...] = (
    (
        mark("People"),
        (
            Section(
                "/administration/people",
                "user",
                mark("People"),
                mark("Who is here, their accounts, roles and tasks; import, and what is open with those who leave."),
            ),
            Section(
                "/administration/organisations",
                "building",
                mark("Organisations"),
                mark("Ours, members of the federation, customers and suppliers."),
            ),
            Section(
                "/administration/teams",
                "users-group",
                mark("Teams"),
                mark("Members, leaders, level, mailbox."),
            ),
            Section(
                "/administration/roles",
                "user-shield",
                mark("Roles"),
                mark("Who holds which role, for what and how long; vacant roles and duties that must be kept apart."),
            ),
        ),
    ),
    (
        mark("Records"),
        (
            Section(
                "/administration/lists",
                "list",
                mark("Lists"),
                mark("Categories, closure codes and other answers that forms offer."),
            ),
            Section(
                "/administration/tags", "tag", mark("Tags"), mark("Free words on records: rename them, make two one.")
            ),
        ),
    ),
    (
        mark("System"),
        (
            Section(
                "/administration/settings",
                "settings",
                mark("Settings"),
                mark("What is in force and where it comes from; name, language, time zone, address."),
            ),
            Section(
                "/administration/calendars",
                "calendar",
                mark("Calendars"),
                mark("Weekly hours, days off and time zone, by which deadlines are counted."),
            ),
            Section(
                "/schedules",
                "alarm",
                mark("Schedules"),
                mark("What starts by itself and when, how it went; override, pause, run now."),
            ),
            Section(
                "/administration/groups",
                "shield-lock",
                mark("Groups of the sign-in provider"),
                mark("Who is in which group at the sign-in provider holds which role."),
            ),
            Section("/administration/mail", "mail", mark("Mail"), mark("The mail server, and a test of it.")),
            Section(
                "/administration/webhooks",
                "webhook",
                mark("Webhooks"),
                mark("Programs that hear of what happens: their addresses, and what was sent."),
            ),
            Section(
                "/administration/appearance",
                "palette",
                mark("Appearance"),
                mark("Name, logo and colours, as everybody sees them."),
            ),
            Section(
                "/administration/journal",
                "history",
                mark("Journal"),
                mark("Sign-ins, roles, settings, exports; whether the journal is sound; erasing personal data."),
            ),
            Section(
                "/administration/licences",
                "license",
                mark("Licences"),
                mark("Whose work Stellwerk stands on."),
            ),
            Section(
                "/administration/about",
                "info-circle",
                mark("About"),
                mark("Version, database, and whether everything runs."),
            ),
        ),
    ),
)


def groups() -> list[tuple[str, tuple[Section, ...]]]:
    """Return the groups that have a section."""
    return [(title, found) for title, found in GROUPS if found]


@contextmanager
def administering(request: Request) -> Iterator[Visit]:
    """Open the one transaction of a page of the administration.

    Raises:
        SignInNeeded: nobody is signed in.
        Forbidden: the person is no administrator.
    """
    with visit(request) as it:
        if not it.identity.administrator:
            raise Forbidden("Only administrators may see this.")
        yield it
