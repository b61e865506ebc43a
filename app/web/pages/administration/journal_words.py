"""The system's lines of the journal in words."""

from typing import Any

from app.insight.system_journal import SystemLine
from app.web.i18n import gettext as _
from app.web.i18n import mark
from app.web.names import role_title
from app.web.pages.events import NAMES, shown

WORDS = {
    "absence.ended": mark("Absence ended by"),
    "absence.entered": mark("Absence entered by"),
    "calendar.added": mark("Calendar added by"),
    "calendar.changed": mark("Calendar changed by"),
    "calendar.removed": mark("Calendar removed by"),
    "calendar.given": mark("Calendar chosen by"),
    "filter.changed": mark("Shared filter changed by"),
    "filter.removed": mark("Shared filter removed by"),
    "filter.shared": mark("Filter shared by"),
    "installation.founded": mark("Set up by"),
    "journal.anchored": mark("Anchor made"),
    "journal.erased": mark("Personal data erased by"),
    "journal.verified": mark("Journal checked"),
    "list.exported": mark("List exported by"),
    "organisation.added": mark("Added by"),
    "organisation.changed": mark("Changed by"),
    "people.imported": mark("People imported by"),
    "person.added": mark("Added by"),
    "person.changed": mark("Changed by"),
    "person.code_refused": mark("Wrong code at sign-in"),
    "person.codes_locked": mark("Locked after wrong codes"),
    "person.left": mark("Leaving noted by"),
    "person.locked": mark("Locked after wrong passwords"),
    "person.password_changed": mark("Password changed by"),
    "person.password_reset": mark("Password set anew by"),
    "person.recovery_code_used": mark("Recovery code used by"),
    "person.recovery_codes_renewed": mark("New recovery codes made by"),
    "person.reset_asked": mark("New password asked for"),
    "person.returned": mark("Return noted by"),
    "person.second_factor_removed": mark("Second factor removed by"),
    "person.second_factor_reset": mark("Second factor reset by"),
    "person.second_factor_set": mark("Second factor set up by"),
    "person.sign_in_failed": mark("Sign-in failed"),
    "person.sign_in_refused": mark("Sign-in refused"),
    "person.signed_in": mark("Signed in"),
    "person.signed_out": mark("Signed out"),
    "person.token_made": mark("API token made by"),
    "person.token_revoked": mark("API token revoked by"),
    "processes.published": mark("Processes published by"),
    "records.changed_together": mark("Several records changed by"),
    "records.imported": mark("Records imported by"),
    "role.assigned": mark("Role given by"),
    "role.ended": mark("Role taken away by"),
    "person.feed_ended": mark("Calendar address ended by"),
    "person.feed_made": mark("Calendar address made by"),
    "person.forgotten": mark("Person forgotten by"),
    "role.refused": mark("Role of a group refused by a rule"),
    "role.expired": mark("Role ran out"),
    "schedule.as_drawn": mark("Schedule as it is drawn again by"),
    "schedule.overridden": mark("Schedule overridden by"),
    "schedule.paused": mark("Schedule paused by"),
    "schedule.resumed": mark("Schedule let go on by"),
    "schedule.run": mark("Schedule run out of turn by"),
    "segregation.dropped": mark("Rule of segregation dropped by"),
    "segregation.ruled": mark("Rule of segregation made by"),
    "settings.changed": mark("Settings changed by"),
    "settings.mail_tested": mark("Mail tested by"),
    "tag.merged": mark("Tag merged by"),
    "tag.renamed": mark("Tag renamed by"),
    "team.added": mark("Team added by"),
    "team.changed": mark("Team changed by"),
    "team.joined": mark("Put into a team by"),
    "team.led": mark("Made leader of a team by"),
    "team.left": mark("Taken out of a team by"),
    "team.not_led": mark("Leading of a team ended by"),
    "webhook.added": mark("Webhook registered by"),
    "webhook.removed": mark("Webhook removed by"),
    "webhook.switched_off": mark("Webhook switched off by"),
    "webhook.switched_on": mark("Webhook switched on by"),
}
SUBJECTS = {
    "anchors": mark("Anchors"),
    "calendars": mark("Calendars"),
    "erasure": mark("Erasure"),
    "export": mark("Exports"),
    "installation": mark("Installation"),
    "people": mark("People"),
    "processes": mark("Processes"),
    "segregation": mark("Segregation of duties"),
    "settings": mark("Settings"),
    "sign_in": mark("Signing in"),
    "tags": mark("Tags"),
    "verification": mark("Checks"),
    "webhooks": mark("Webhooks"),
}
KINDS = {
    "list": mark("List %(which)s"),
    "person": mark("Person %(which)s"),
    "role": mark("Role %(which)s"),
    "schedule": mark("Schedule %(which)s"),
    "team": mark("Team %(which)s"),
    "organisation": mark("Organisation %(which)s"),
}
DETAILS = {
    "address": mark("Address"),
    "anchor": mark("Anchor"),
    "anchors": mark("Anchors"),
    "broken": mark("Faults"),
    "chains": mark("Chains"),
    "changed": mark("Changed"),
    "erased": mark("Erased"),
    "evidence": mark("Evidence"),
    "hash": mark("Digest"),
    "lines": mark("Lines"),
    "login": mark("Login"),
    "new": mark("New"),
    "person": mark("Person"),
    "rows": mark("Rows"),
    "sha256": mark("Digest"),
    "sound": mark("Sound"),
    "written": mark("What the person wrote, too"),
    "url": mark("Address"),
    "events": mark("Events"),
    "webhook": mark("Webhook"),
}
# Said in words of its own elsewhere, or by the line itself.
_INNER = frozenset({"at", "faults"})
# Many places take many words; the line itself has all of them, over the API.
MOST_SHOWN = 1000


def line(found: SystemLine, names: dict[str, str]) -> dict[str, Any]:
    """Return a line for the template; `names` are those of persons, by subject."""
    said = WORDS.get(found.event)
    values = {**found.data, **(found.payload or {})}
    return {
        "text": _(said) if said else found.event.replace(".", ": ").replace("_", " "),
        # “Signed in” says who by what it is about.
        "actor": (found.actor or _("the system")) if said is not None and said.endswith(" by") else None,
        "subject": found.subject,
        "about": subject_in_words(found.subject, names),
        "at": found.at,
        "hash": found.hash,
        "erased": found.erased,
        "failed": found.event == "journal.verified" and not found.data.get("sound"),
        "details": [(_name(name), _value(name, value)) for name, value in values.items() if _is_shown(name, value)],
    }


def subject_in_words(subject: str, names: dict[str, str]) -> str:
    """Return what people read for a subject."""
    if subject in SUBJECTS:
        return _(SUBJECTS[subject])
    kind, colon, which = subject.partition(":")
    if kind not in KINDS or not colon:
        return subject
    known = role_title(which) if kind == "role" else names.get(subject, which)
    return _(KINDS[kind]) % {"which": known}


def _name(name: str) -> str:
    return _(DETAILS.get(name) or NAMES.get(name) or name)


def _value(name: str, value: Any) -> str:
    text = role_title(value) if name == "role" and isinstance(value, str) else shown(value, {})
    return text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + " …"


def _is_shown(name: str, value: Any) -> bool:
    return name not in _INNER and (bool(value) or value is False)
