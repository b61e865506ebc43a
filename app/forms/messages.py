"""What a person is told about an answer: plain English that the pages can translate."""

from app.errors import Message

__all__ = ["Message"]


def N_(text: str) -> str:  # noqa: N802
    """Mark a text for translation without translating it here."""
    return text


REQUIRED = N_("Answer this question.")
REQUIRED_CHOICE = N_("Choose one of the answers.")
REQUIRED_TICK = N_("Tick this box to go on.")
REQUIRED_ROWS = N_("Add at least one row.")
REQUIRED_FILES = N_("Add at least one file.")
REQUIRED_CHOICES = N_("Choose at least one answer.")
TOO_SHORT = N_("Use at least {limit} characters; this has {length}.")
TOO_LONG = N_("Use at most {limit} characters; this has {length}.")
TOO_SMALL = N_("Write {limit} or more.")
TOO_LARGE = N_("Write {limit} or less.")
TOO_MANY = N_("Give at most {limit} entries; these are {length}.")
NOT_A_STEP = N_("Write a multiple of {step}.")
TOO_PRECISE = N_("Use at most {digits} decimal places.")
NOT_WHOLE = N_("Write a whole number.")
NOT_AN_OPTION = N_("Choose one of the answers that are offered.")
TWICE = N_("Give each entry only once.")
NO_MATCH = N_("This does not have the form that is asked for.")
NOT_TEXT = N_("Write text here.")
NOT_NUMBER = N_("Write a number, such as 12.5.")
NOT_CHOICE = N_("Say true or false.")
NOT_LIST = N_("Give a list of entries.")
NOT_ROWS = N_("Give a list of rows.")
NOT_DATE = N_("Write a date, such as 2026-03-06.")
NOT_TIME = N_("Write a time of day, such as 16:50.")
NOT_MOMENT = N_("Write date and time, such as 2026-03-06T16:50:00+01:00.")
NOT_EMAIL = N_("Write an e-mail address, such as anna.novak@example.org.")
NOT_PHONE = N_("Write a telephone number, such as +49 30 1234567.")
PAST = N_("Choose a time that has not passed.")
ONE_LINE = N_("Use one line only.")
CHARACTER = N_("This contains a character that cannot be stored.")
UNKNOWN_REFERENCE = N_("What was chosen does not exist any more, or may not be chosen here.")
UNDECLARED = N_("This form has no such field.")
NOT_AN_OBJECT = N_("Give the answers as an object of field names and values.")
AMBIGUOUS = N_("Several entries match “{text}”. Choose one of them.")
NOT_FOUND = N_("Nothing was found for “{text}”. Try a part of the name or the number.")
NOT_ACCEPTED = N_("“{name}” is not a kind of file that is asked for here ({accept}).")
