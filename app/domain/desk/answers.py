"""Ready-made answers: texts of an area or team in several languages, with holes for what they are about."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.domain.desk.records import CannedAnswer
from app.domain.journal import system
from app.errors import Conflict, Invalid, Message, NotFound

HOLES = ("record.number", "record.title", "record.requester.name", "record.service", "case.number", "me.name")
"""What a text may name; nothing else, and no code."""
LONGEST_NAME, LONGEST_TEXT = 120, 10_000

_HOLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer as somebody wrote it: for one area or for one team; texts by language."""

    name: str
    area: str | None
    team_id: int | None
    texts: Mapping[str, str]


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values into the holes of a text; what is not known stays visible as its hole, to be seen before it is sent.

    A value that looks like a hole stays what it is.
    """
    return _HOLE.sub(lambda hole: values.get(hole[1]) or hole[0], text)


def best(texts: Mapping[str, str], *languages: str) -> str:
    """Return the text in the first of these languages that it is written in; else in any."""
    return next((texts[one] for one in languages if texts.get(one)), next(iter(texts.values()), ""))


def listed(session: Session, areas: frozenset[str], teams: frozenset[int]) -> list[CannedAnswer]:
    """Return the answers of these areas and teams, by name."""
    mine = or_(CannedAnswer.area.in_(sorted(areas)), CannedAnswer.team_id.in_(sorted(teams)))
    return list(session.scalars(select(CannedAnswer).where(mine).order_by(CannedAnswer.name, CannedAnswer.id)))


def check(draft: Draft) -> Draft:
    """Return what is stored of an answer.

    Raises:
        Invalid: it has no name or no text, is too long, belongs to nobody or has a hole that nothing fills.
    """
    wrong: dict[str, list[str]] = {}
    name = " ".join(draft.name.split())
    if not name or len(name) > LONGEST_NAME:
        wrong["name"] = [Message("Give it a name of at most {most} characters.", most=LONGEST_NAME)]
    if (draft.area is None) == (draft.team_id is None):
        wrong["owner"] = [Message("Choose whose answer it is.")]
    texts = {language: text.strip() for language, text in draft.texts.items() if text.strip()}
    if not texts:
        wrong["texts"] = [Message("Write the text in one language at least.")]
    for text in texts.values():
        unknown = [hole for hole in _HOLE.findall(text) if hole not in HOLES]
        if unknown:
            wrong["texts"] = [Message("There is nothing called “{name}” to put into a text.", name=unknown[0])]
        elif len(text) > LONGEST_TEXT:
            wrong["texts"] = [Message("A text has at most {most} characters.", most=LONGEST_TEXT)]
    if wrong:
        raise Invalid(wrong)
    return Draft(name, draft.area, draft.team_id, texts)


def save(session: Session, answer_id: int | None, draft: Draft, *, actor_id: int, seen: int = 0) -> CannedAnswer:
    """Store a new answer, or what has become of an old one; the caller has checked whose it may be.

    Args:
        seen: version of the answer that the writer saw.

    Raises:
        Invalid: see `check`.
        NotFound: there is none of this id.
        Conflict: somebody else changed it meanwhile.
    """
    checked = check(draft)
    if answer_id is None:
        answer = CannedAnswer(name=checked.name, texts={}, version=1)
        session.add(answer)
    else:
        answer = find(session, answer_id)
        if answer.version != seen:
            raise Conflict(Message("Somebody else changed this at the same moment. Load the page again."))
    answer.name, answer.area, answer.team_id = checked.name, checked.area, checked.team_id
    answer.texts = dict(checked.texts)
    session.flush()
    facts = {"answer": answer.id, "area": answer.area, "team": answer.team_id, "languages": sorted(answer.texts)}
    system.note(session, "answer.saved", subject="answers", actor_id=actor_id, data=facts)
    return answer


def remove(session: Session, answer: CannedAnswer, *, actor_id: int) -> None:
    """Remove an answer; what was written with it stays."""
    session.delete(answer)
    system.note(session, "answer.removed", subject="answers", actor_id=actor_id, data={"answer": answer.id})
    session.flush()


def find(session: Session, answer_id: int) -> CannedAnswer:
    """Return an answer.

    Raises:
        NotFound: there is none of this id.
    """
    answer = session.get(CannedAnswer, answer_id)
    if answer is None:
        raise NotFound
    return answer
