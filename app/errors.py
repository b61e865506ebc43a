"""The errors that people may see; every other exception is a fault of ours."""

from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning"]


class Message(str):
    """A sentence for people that remembers its template, so that a page can say it in another language.

    It is the English sentence itself wherever a string is expected. `template` (with `{names}`) and `values` are for
    whoever translates it; a value may be a message too, and numbers are written the way of the language.
    """

    template: str
    values: dict[str, Any]

    def __new__(cls, template: str, **values: Any) -> "Message":
        """Fill `values` into `template`; without values the template is the sentence, braces and all."""
        written = {name: _number(value) for name, value in values.items()}
        message = super().__new__(cls, template.format(**written) if values else template)
        message.template, message.values = template, values
        return message

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        """Copies know template and values too."""
        return (self.template,), self.values


def told_as_json(message: Any) -> Any:
    """Return a sentence as JSON keeps it: read with `read_told`, it can be said in another language."""
    if not isinstance(message, Message):
        return message
    return [message.template, {name: _plain(value) for name, value in message.values.items()}]


def _plain(value: Any) -> Any:
    return told_as_json(value) if isinstance(value, str | int | float | None) else str(value)


def read_told(kept: Any) -> Any:
    """Read a sentence that was kept."""
    if isinstance(kept, list):
        return Message(kept[0], **{name: read_told(value) for name, value in kept[1].items()})
    return kept


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6f}".rstrip("0").rstrip(".")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a diagram, form or decision, and what to do about it.

    `line` counts from 1; 0 means the whole file.
    """

    rule: str
    message: str
    advice: str = ""
    file: str = ""
    element: str = ""
    line: int = 0
    severity: Severity = "error"

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line or "", self.element) if part)
        return f"{place}: {self.message}" + (f" {self.advice}" if self.advice else "")


class StellwerkError(Exception):
    """Something a person can be told; `code` is stable, the message is in plain words."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).__name__.lower()


class BusinessError(StellwerkError):
    """A rule of the organisation says no; a diagram may catch it with an error boundary event of this code."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code, code=code)


class Refused(StellwerkError):
    """A file was not accepted; `problems` name element and line."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class Invalid(StellwerkError):
    """Values were not accepted; `fields` maps an input's name to its messages."""

    def __init__(self, fields: dict[str, list[str]], message: str = "Some answers need another look.") -> None:
        super().__init__(message)
        self.fields = fields


class Conflict(StellwerkError):
    """Somebody else was faster, or the page is stale."""


class Forbidden(StellwerkError):
    """The person may know that this exists but may not do it."""


class NotFound(StellwerkError):
    """It does not exist, or the person may not even know that it does."""

    def __init__(self, message: str = "There is nothing here, or you may not see it.") -> None:
        super().__init__(message)


class TooMany(StellwerkError):
    """It was tried too often; after `seconds` it may be tried again."""

    def __init__(self, message: str, *, seconds: int) -> None:
        super().__init__(message, code="too_many")
        self.seconds = seconds


class Unavailable(StellwerkError):
    """Something outside (the database, a server) does not answer; trying again later helps."""


class Undeliverable(StellwerkError):
    """A mail will never be accepted for this address; trying again does not help."""


@dataclass(slots=True)
class Findings:
    """Problems collected on the way; `refuse_errors` turns them into one refusal."""

    problems: list[Problem] = field(default_factory=list)

    def refuse_errors(self) -> None:
        """Raise `Refused` when one of the problems is an error."""
        if any(problem.severity == "error" for problem in self.problems):
            raise Refused(self.problems)
