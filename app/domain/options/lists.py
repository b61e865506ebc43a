"""The lists in force: shipped ones with what the organisation changed, read once per process until somebody changes."""

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.options.records import ListOption, OptionList
from app.errors import Message, NotFound
from app.forms import Form, Option
from app.forms.lists import with_lists

FILE = "lists.json"
CHANGED = "lists_changed"
REMEMBERED = 512
SOURCE = "en"


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer; `parent` and `replaced_by` are keys of other answers of the list, empty where there is none."""

    key: str
    labels: Mapping[str, str]
    active: bool = True
    parent: str = ""
    replaced_by: str = ""

    def label(self, language: str) -> str:
        """Return what people read in a language, else in English, else whatever there is, else the key."""
        return self.labels.get(language) or self.labels.get(SOURCE) or next(iter(self.labels.values()), self.key)


@dataclass(frozen=True)
class Choices:
    """A list with its answers in order, retired ones among them."""

    key: str
    titles: Mapping[str, str]
    choices: tuple[Choice, ...]

    @cached_property
    def by_key(self) -> dict[str, Choice]:
        """The answers by their keys."""
        return {choice.key: choice for choice in self.choices}

    def title(self, language: str) -> str:
        """Return what the list is called."""
        return self.titles.get(language) or self.titles.get(SOURCE) or self.key

    def label(self, key: str, language: str) -> str:
        """Return what people read for a key, retired or not; an answer below another one names that first."""
        choice = self.by_key.get(key)
        if choice is None:
            return key.replace("_", " ")
        above = self.by_key.get(choice.parent)
        return f"{above.label(language)} › {choice.label(language)}" if above else choice.label(language)

    def options(self, language: str, held: frozenset[str] = frozenset()) -> tuple[Option, ...]:
        """Return what may be chosen: active answers, and what is held already although it may not be chosen anew."""
        shown = [choice.key for choice in self._ordered() if choice.active or choice.key in held]
        shown += sorted(held - set(self.by_key))
        return tuple(Option(key, self.label(key, language)) for key in shown)

    def all_options(self, language: str) -> tuple[Option, ...]:
        """Return all answers, retired ones too, for what records hold."""
        return tuple(Option(choice.key, self.label(choice.key, language)) for choice in self.choices)

    def _ordered(self) -> list[Choice]:
        below: dict[str, list[Choice]] = {}
        for choice in self.choices:
            below.setdefault(choice.parent if choice.parent in self.by_key else "", []).append(choice)
        return [one for top in below.get("", ()) for one in (top, *below.get(top.key, ()))]


@dataclass(frozen=True, slots=True)
class _Snapshot:
    generation: int
    lists: dict[str, Choices]


class Lists:
    """All lists of one installation; `home` is the directory with `forms/`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._snapshots: WeakKeyDictionary[Any, _Snapshot] = WeakKeyDictionary()
        self._forms: OrderedDict[tuple[Any, ...], Form] = OrderedDict()

    @cached_property
    def shipped(self) -> dict[str, Choices]:
        """The lists of the files beside the forms."""
        found: dict[str, Choices] = {}
        for path in sorted((self.home / "forms").glob(f"*/{FILE}")):
            for key, content in json.loads(path.read_text(encoding="utf-8")).items():
                options = tuple(
                    Choice(one["key"], one["labels"], parent=one.get("parent", "")) for one in content["options"]
                )
                found[key] = Choices(key, content["titles"], options)
        return found

    def current(self, session: Session) -> dict[str, Choices]:
        """Return the lists in force by key: one statement when nothing has changed since the last look."""
        return self._current(session).lists

    def get(self, session: Session, key: str) -> Choices:
        """Return one list.

        Raises:
            NotFound: there is none of this key.
        """
        found = self.current(session).get(key)
        if found is None:
            raise NotFound(Message("There is no list “{key}”.", key=key))
        return found

    def form(
        self, session: Session, form: Form, *, held: Mapping[str, Any] | None = None, language: str = SOURCE
    ) -> Form:
        """Return a form with the answers that its lists offer now; a form without lists costs nothing.

        Args:
            held: values that the record has; an answer that was retired since may stay.
            language: of the labels.
        """
        if not form.lists:
            return form
        snapshot = self._current(session)
        kept = tuple(
            (key, frozenset(_texts((held or {}).get(key))) - _active(snapshot, name))
            for key, name in sorted(form.lists.items())
        )
        place = (form, snapshot.generation, language, kept)
        known = self._forms.get(place)
        if known is None:
            old = dict(kept)

            def options(key: str, name: str) -> tuple[Option, ...]:
                choices = snapshot.lists.get(name)
                return choices.options(language, old.get(key, frozenset())) if choices else ()

            known = with_lists(form, options)
            if not session.info.get(CHANGED):
                self._forms[place] = known
                while len(self._forms) > REMEMBERED:
                    self._forms.popitem(last=False)
        return known

    def labelled(self, session: Session, form: Form, *, language: str = SOURCE) -> Form:
        """Return a form whose lists hold every answer there ever was, to name what records hold."""
        if not form.lists:
            return form
        lists = self.current(session)
        return with_lists(form, lambda _key, name: lists[name].all_options(language) if name in lists else ())

    def _current(self, session: Session) -> _Snapshot:
        number = session.scalar(select(func.coalesce(func.sum(OptionList.generation), 0))) or 0
        if session.info.get(CHANGED):
            # This transaction may yet be rolled back: nobody else may learn of it.
            return self._load(session, -1)
        known = self._snapshots.get(session.get_bind())
        if known is None or known.generation != number:
            known = self._snapshots[session.get_bind()] = self._load(session, int(number))
        return known

    def _load(self, session: Session, number: int) -> _Snapshot:
        lists = dict(self.shipped)
        rows: dict[str, list[ListOption]] = {}
        for row in session.scalars(select(ListOption).order_by(ListOption.position, ListOption.id)):
            rows.setdefault(row.list_key, []).append(row)
        for own in session.scalars(select(OptionList)):
            choices = [
                Choice(row.key, row.labels, row.active, row.parent or "", row.replaced_by or "")
                for row in rows.get(own.key, ())
            ]
            known = {choice.key for choice in choices}
            # What a later version of the product ships is added; what was changed here stays as it is.
            shipped = lists.get(own.key)
            choices += [choice for choice in (shipped.choices if shipped else ()) if choice.key not in known]
            lists[own.key] = Choices(own.key, own.titles, tuple(choices))
        return _Snapshot(number, lists)


def _texts(value: Any) -> list[str]:
    entries = value if isinstance(value, list) else [value]
    return [entry for entry in entries if isinstance(entry, str) and entry]


def _active(snapshot: _Snapshot, name: str) -> frozenset[str]:
    found = snapshot.lists.get(name)
    return frozenset(choice.key for choice in found.choices if choice.active) if found else frozenset()
