"""Changes of lists: answers added, renamed, moved, retired and brought back; none is ever deleted."""

import re
from collections.abc import Mapping

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.database.transaction import LOCKED
from app.domain.journal import system
from app.domain.journal.values import clean
from app.domain.options.lists import CHANGED, SOURCE, Lists
from app.domain.options.records import ListOption, OptionList
from app.errors import Invalid, Message, NotFound

LIST_KEY = re.compile(r"[a-z][a-z0-9_]{0,59}\.[a-z][a-z0-9_]{0,59}")
OPTION_KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
LONGEST_LABEL = 200
MOST = 500


def create_list(session: Session, lists: Lists, key: str, titles: Mapping[str, str], *, actor_id: int | None) -> None:
    """Add an empty list for forms of one's own.

    Raises:
        Invalid: the key is taken or cannot be one, or there is no title.
    """
    if not LIST_KEY.fullmatch(key):
        raise Invalid({"key": [Message("Write it like change.category: small letters, digits and _ around one dot.")]})
    if key in lists.current(session):
        raise Invalid({"key": [Message("There is a list “{key}” already.", key=key)]})
    session.add(OptionList(key=key, titles=_labels(titles)))
    _note(session, "list.created", key, actor_id)


def add(
    session: Session,
    lists: Lists,
    list_key: str,
    key: str,
    labels: Mapping[str, str],
    *,
    parent: str = "",
    actor_id: int | None,
) -> None:
    """Add an answer at the end of a list; without a key it is made from the English label.

    Raises:
        NotFound: there is no such list.
        Invalid: the key is taken or cannot be one, there is no label, or what it shall stand below is no main answer.
    """
    rows = _opened(session, lists, list_key)
    said = _labels(labels)
    key = key.strip() or re.sub(r"[^a-z0-9]+", "_", said[SOURCE].lower()).strip("_")[:60]
    if not OPTION_KEY.fullmatch(key):
        raise Invalid({"key": [Message("Use small letters, digits and _, beginning with a letter.")]})
    if key in rows:
        raise Invalid({"key": [Message("There is an answer “{key}” already.", key=key)]})
    if len(rows) >= MOST:
        raise Invalid({"key": [Message("A list has at most {most} answers.", most=MOST)]})
    if parent and (parent not in rows or rows[parent].parent):
        raise Invalid({"parent": [Message("Choose one of the main answers.")]})
    last = max((row.position for row in rows.values()), default=0)
    session.add(ListOption(list_key=list_key, key=key, labels=said, position=last + 1, parent=parent or None))
    _note(session, "option.added", list_key, actor_id, key, {"labels": said})


def relabel(
    session: Session, lists: Lists, list_key: str, key: str, labels: Mapping[str, str], *, actor_id: int | None
) -> None:
    """Give an answer other labels; records keep its key.

    Raises:
        NotFound: there is no such answer.
        Invalid: the English label is empty, or one is too long.
    """
    row = _option(_opened(session, lists, list_key), key)
    said = _labels(labels)
    if row.labels != said:
        before, row.labels = row.labels, said
        _note(session, "option.renamed", list_key, actor_id, key, {"before": before, "after": said})


def move(session: Session, lists: Lists, list_key: str, key: str, *, up: bool, actor_id: int | None) -> None:
    """Move an answer by one place among those of its level; at the end of its way it stays."""
    rows = _opened(session, lists, list_key)
    row = _option(rows, key)
    level = [one for one in rows.values() if one.parent == row.parent]
    place = level.index(row)
    other = level[place + (-1 if up else 1)] if (place > 0 if up else place + 1 < len(level)) else None
    if other is not None:
        row.position, other.position = other.position, row.position
        _note(session, "option.moved", list_key, actor_id, key)


def retire(
    session: Session, lists: Lists, list_key: str, key: str, *, replaced_by: str = "", actor_id: int | None
) -> None:
    """Offer an answer no longer; records keep it and show its label.

    Args:
        replaced_by: the answer to choose in its stead, for people to read.

    Raises:
        NotFound: there is no such answer.
        Invalid: the other answer does not exist, or is this one.
    """
    rows = _opened(session, lists, list_key)
    row = _option(rows, key)
    if replaced_by and (replaced_by not in rows or replaced_by == key):
        raise Invalid({"replaced_by": [Message("Choose another answer of this list.")]})
    row.active, row.replaced_by = False, replaced_by or None
    _note(session, "option.retired", list_key, actor_id, key, {"replaced_by": replaced_by})


def restore(session: Session, lists: Lists, list_key: str, key: str, *, actor_id: int | None) -> None:
    """Offer a retired answer again."""
    row = _option(_opened(session, lists, list_key), key)
    row.active, row.replaced_by = True, None
    _note(session, "option.restored", list_key, actor_id, key)


def _opened(session: Session, lists: Lists, key: str) -> dict[str, ListOption]:
    """Return the answers of a list as rows, in order, with the list locked; what was only shipped so far is stored."""
    choices = lists.get(session, key)
    first = insert(OptionList).values(key=key, titles=dict(choices.titles)).on_conflict_do_nothing()
    session.execute(first)
    session.scalars(select(OptionList).where(OptionList.key == key).with_for_update(**LOCKED)).one()
    query = select(ListOption).where(ListOption.list_key == key).order_by(ListOption.position, ListOption.id)
    rows = {row.key: row for row in session.scalars(query.execution_options(populate_existing=True))}
    last = max((row.position for row in rows.values()), default=0)
    for choice in choices.choices:
        if choice.key not in rows:
            last += 1
            rows[choice.key] = ListOption(
                list_key=key, key=choice.key, labels=dict(choice.labels), position=last, active=choice.active,
                parent=choice.parent or None,
            )  # fmt: skip
            session.add(rows[choice.key])
    session.flush()
    return rows


def _option(rows: dict[str, ListOption], key: str) -> ListOption:
    if key not in rows:
        raise NotFound
    return rows[key]


def _labels(given: Mapping[str, str]) -> dict[str, str]:
    said = {language: " ".join(clean(text).split()) for language, text in given.items()}
    wrong: dict[str, list[str]] = {}
    if not said.get(SOURCE):
        wrong[f"label_{SOURCE}"] = [Message("Please write what people read.")]
    for language, text in said.items():
        if len(text) > LONGEST_LABEL:
            wrong[f"label_{language}"] = [Message("Please use at most {limit} characters.", limit=LONGEST_LABEL)]
    if wrong:
        raise Invalid(wrong)
    return {language: text for language, text in said.items() if text}


def _note(
    session: Session,
    event: str,
    list_key: str,
    actor_id: int | None,
    key: str = "",
    payload: dict[str, object] | None = None,
) -> None:
    """Tell every process, once this transaction is committed, to look at the lists again, and the journal for good."""
    session.flush()
    grown = update(OptionList).where(OptionList.key == list_key).values(generation=OptionList.generation + 1)
    session.execute(grown, execution_options={"synchronize_session": False})
    session.info[CHANGED] = True
    data = {"list": list_key} | ({"option": key} if key else {})
    system.note(session, event, subject=f"list:{list_key}", actor_id=actor_id, data=data, payload=payload)
