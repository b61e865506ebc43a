"""Changing settings: checked all at once, stored with who did it, told to the journal."""

from base64 import b64encode
from collections.abc import Mapping

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import clock
from app.domain.configuration.catalogue import ITEMS
from app.domain.configuration.in_force import PURPOSE, Configuration, ruled
from app.domain.configuration.records import Setting
from app.domain.journal import system
from app.domain.people.credentials.sealing import Seal
from app.errors import Conflict, Invalid, Message

SUBJECT = "settings"
CHANGED = "settings.changed"


def change(
    session: Session,
    configuration: Configuration,
    given: Mapping[str, str],
    *,
    actor_id: int | None,
    seen: int | None = None,
) -> list[str]:
    """Store settings; an empty value leads back to the default.

    Args:
        given: values by key; a picture is base64.
        seen: the generation that the person saw, to notice that somebody else was faster.

    Returns:
        The keys of what is different now.

    Raises:
        Invalid: values that will not do, or that the environment sets; all of them at once.
        Conflict: somebody else has changed one of these settings meanwhile.
    """
    # Whoever comes second waits here and then sees what the first has stored.
    system.take_turns(session, system.chain_of(SUBJECT))
    before = configuration.read(session)
    if seen is not None and seen != before.generation:
        raise Conflict(Message("Somebody else changed the settings at the same moment. Load the page again."))
    checked = _checked(configuration, given)
    stored = {key: known.value if known.origin == "page" else "" for key, known in before.values.items()}
    changed = {key: value for key, value in checked.items() if value != stored[key]}
    if not changed:
        return []
    settings = configuration.settings
    for key, value in changed.items():
        if value and ITEMS[key].secret:
            value = b64encode(Seal(settings.secret, PURPOSE).close(value, key)).decode()
        row = {
            "value": value or None, "generation": before.generation + 1, "changed_at": clock.now(),
            "changed_by_id": actor_id,
        }  # fmt: skip
        session.execute(insert(Setting).values(key=key, **row).on_conflict_do_update(index_elements=["key"], set_=row))
    keys = sorted(changed)
    told = [key for key in keys if not (ITEMS[key].secret or ITEMS[key].picture)]
    system.note(
        session, CHANGED, subject=SUBJECT, actor_id=actor_id, data={"keys": keys},
        payload={"before": {key: stored[key] for key in told}, "after": {key: changed[key] for key in told}},
    )  # fmt: skip
    configuration.forget_after(session)
    return keys


def _checked(configuration: Configuration, given: Mapping[str, str]) -> dict[str, str]:
    checked: dict[str, str] = {}
    wrong: dict[str, list[str]] = {}
    for key, value in given.items():
        item = ITEMS[key]
        if ruled(configuration.settings, item):
            wrong[key] = [Message("The environment of the server sets this; it cannot be changed here.")]
            continue
        try:
            plain = value if item.secret else value.strip()
            checked[key] = item.check(key, plain) if plain else ""
        except Invalid as refusal:
            wrong |= refusal.fields
    if wrong:
        raise Invalid(wrong)
    return checked
