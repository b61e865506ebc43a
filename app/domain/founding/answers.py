"""What the guided page asks, step by step: each step's answers are checked before the next is shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain.calendars import editing
from app.domain.calendars.week import WEEKDAYS
from app.domain.configuration.catalogue import ITEMS
from app.domain.people import importing, passwords
from app.domain.people.accounts import EMAIL, LOGIN
from app.errors import Invalid, Message

LONGEST_NAME = 200
LONGEST_TABLE = 200_000
LONGEST_TEXT = 10_000

Values = dict[str, str]
Errors = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the names of its fields and what checks them; answers to an optional step may all be empty."""

    key: str
    fields: tuple[str, ...]
    check: Callable[[Values, "Answers"], Errors]
    optional: bool = False
    preset: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Answers:
    """Everything that was answered so far, by step; `password_hash` is that of the administrator's password."""

    steps: dict[str, Values] = field(default_factory=dict)
    password_hash: str = ""

    def of(self, key: str) -> Values:
        """Return the answers to a step, what is proposed where there are none."""
        step = STEPS[key]
        return {name: step.preset.get(name, "") for name in step.fields} | self.steps.get(key, {})

    def take(self, key: str, values: Mapping[str, str]) -> Errors:
        """Keep the answers to a step and return what is wrong with them."""
        step = STEPS[key]
        kept = {name: values.get(name, "").strip() for name in step.fields}
        self.steps[key] = kept
        if step.optional and not any(value for name, value in kept.items() if value != step.preset.get(name, "")):
            return {}
        return step.check(kept, self)

    def wrong(self) -> tuple[str, Errors] | None:
        """Return the first step whose answers are missing or will not do."""
        for key in STEPS:
            errors = self.take(key, self.of(key))
            if key == "administrator" and not self.password_hash:
                errors = errors | {"password": [Message("Please choose a password.")]}
            if errors:
                return key, errors
        return None

    def choose_password(self, password: str, again: str) -> Errors:
        """Keep the administrator's password as a hash; return what is wrong with it."""
        told = self.of("administrator")
        if password != again:
            return {"again": [Message("The two passwords differ.")]}
        try:
            passwords.check_rules(password, login=told["login"], name=told["name"])
        except Invalid as refusal:
            return refusal.fields
        self.password_hash = passwords.hash_of(password)
        return {}

    def as_json(self) -> dict[str, Any]:
        """Return what a sealed form carries."""
        return {"steps": self.steps, "password_hash": self.password_hash}


def _settings(values: Values, *needed: str) -> Errors:
    wrong: Errors = {}
    for key, value in values.items():
        try:
            if value:
                ITEMS[key].check(key, value)
            elif key in needed:
                wrong[key] = [Message("Please answer this.")]
        except Invalid as refusal:
            wrong |= refusal.fields
    return wrong


def _organisation(values: Values, _all: Answers) -> Errors:
    return _settings(values, "organisation", "default_locale", "default_time_zone")


def _calendar(values: Values, all_: Answers) -> Errors:
    try:
        zone = all_.of("organisation")["default_time_zone"]
        hours = {day: values[day] for day in WEEKDAYS}
        editing.understood(values["calendar_name"], zone, hours, values["exceptions"], values["region"])
    except Invalid as refusal:
        names = {"name": "calendar_name", "time_zone": "calendar_name"}
        return {names.get(name, name): messages for name, messages in refusal.fields.items()}
    return {}


def _mail(values: Values, _all: Answers) -> Errors:
    return _settings(values, "mail_host", "mail_from")


def _who(values: Values, prefix: str = "") -> Errors:
    wrong: Errors = {}
    name, login, email = (values[f"{prefix}{one}"] for one in ("name", "login", "email"))
    if not name or len(name) > LONGEST_NAME:
        wrong[f"{prefix}name"] = [Message("Please give a name.")]
    if not LOGIN.fullmatch(login):
        wrong[f"{prefix}login"] = [Message("Please use up to 100 letters, digits and . _ @ + - for the login.")]
    if email and (len(email) > LONGEST_NAME or not EMAIL.fullmatch(email)):
        wrong[f"{prefix}email"] = [Message("This does not look like an e-mail address.")]
    return wrong


def _administrator(values: Values, _all: Answers) -> Errors:
    return _who(values)


def _leaders(values: Values, _all: Answers) -> Errors:
    """An empty name means that the administrator does it."""
    wrong: Errors = {}
    for prefix in ("owner_", "manager_"):
        if any(values[f"{prefix}{name}"] for name in ("name", "login", "email")):
            wrong |= _who(values, prefix)
    return wrong


def _people(values: Values, _all: Answers) -> Errors:
    if len(values["people"]) > LONGEST_TABLE:
        return {"people": [Message("This table is too long to begin with; import it later.")]}
    try:
        importing.read(values["people"])
    except Invalid as refusal:
        return {"people": [message for messages in refusal.fields.values() for message in messages]}
    return {}


def _service(values: Values, _all: Answers) -> Errors:
    wrong: Errors = {}
    if not values["service"] or len(values["service"]) > LONGEST_NAME:
        wrong["service"] = [Message("Please give a name.")]
    if len(values["description"]) > LONGEST_TEXT:
        wrong["description"] = [Message("Please use at most {limit} characters.", limit=LONGEST_TEXT)]
    return wrong | _settings({"default_sla": values["default_sla"]}, "default_sla")


_WORKDAYS = dict.fromkeys(WEEKDAYS[:5], "08:00-17:00")
STEPS = {
    step.key: step
    for step in (
        Step("organisation", ("organisation", "default_locale", "default_time_zone"), _organisation),
        Step("calendar", ("calendar_name", *WEEKDAYS, "region", "exceptions"), _calendar, preset=_WORKDAYS),
        Step(
            "mail", ("mail_from", "mail_host", "mail_port", "mail_security", "mail_user", "mail_password"), _mail,
            optional=True, preset={"mail_security": "starttls"},
        ),
        Step("administrator", ("name", "login", "email"), _administrator),
        Step(
            "leaders",
            ("owner_name", "owner_login", "owner_email", "manager_name", "manager_login", "manager_email"),
            _leaders, optional=True,
        ),
        Step("people", ("people",), _people, optional=True),
        Step("service", ("service", "description", "default_sla"), _service),
    )
}  # fmt: skip
