"""Lists as files to take away: what the list shows to this person, in their language and time zone."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from tempfile import TemporaryFile
from typing import IO

from starlette.responses import StreamingResponse

from app import clock
from app.domain.journal import system
from app.errors import Invalid, Message
from app.insight.lists import tables
from app.insight.lists.columns import Column
from app.insight.lists.listing import Listing
from app.insight.lists.state import ListState
from app.insight.lists.tables import Cell, Format
from app.insight.record_view import Fact
from app.web import formats, list_words
from app.web.i18n import gettext as _
from app.web.i18n import here, tell
from app.web.lists import Asking
from app.web.names import priority_text

MOST_ROWS = 50_000
PIECE = 64 * 1024
UNCUT = 2**31


def export(
    it: Asking,
    listing: Listing,
    state: ListState,
    columns: Sequence[Column],
    format_of: Format,
    *,
    most: int = MOST_ROWS,
) -> StreamingResponse:
    """Write all rows of a list into a file and send it; the journal notes who took what.

    Raises:
        Invalid: there are more than `most` rows; half a list would look like a whole one.
    """
    if len(listing.ids(it.session, state, most + 1)) > most:
        message = Message("A file may have {limit} rows at most, and this list has more. Please filter it.", limit=most)
        raise Invalid({"status": [message]}, message)
    # Closed when the last piece is sent.
    file = TemporaryFile()  # noqa: SIM115
    rows = _Rows(it, listing, state, columns)
    try:
        tables.write(rows, file, format_of, separator=";" if here().language == "de" else ",")
    except BaseException:
        file.close()
        raise
    data = {"list": listing.key, "format": format_of, "rows": rows.written, "columns": [one.name for one in columns]}
    asked = {"query": state.query()}
    # Last of all, because who writes this line keeps all others from exporting until the end.
    system.note(it.session, "list.exported", subject="export", actor_id=it.viewer.person_id, data=data, payload=asked)
    name = f"{listing.key}-{formats.local(clock.now()):%Y-%m-%d}.{format_of}"
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "content-length": str(file.tell()),
        "cache-control": "no-store",
    }
    return StreamingResponse(_pieces(file), media_type=tables.MEDIA_TYPES[format_of], headers=headers)


class _Rows:
    """The rows of a file one after the other, its head first; counts them."""

    def __init__(self, it: Asking, listing: Listing, state: ListState, columns: Sequence[Column]) -> None:
        self.it, self.listing, self.state, self.columns = it, listing, state, columns
        self.written = 0

    def __iter__(self) -> Iterator[Sequence[Cell]]:
        zone = here().zone.key
        yield [
            f"{list_words.title_of(column)} ({zone})" if column.type == "time" else list_words.title_of(column)
            for column in self.columns
        ]
        for lines in self.listing.all(self.it.session, self.state, self.columns):
            for cells in list_words.facts_of(self.it, self.listing, self.columns, lines, cut=UNCUT):
                self.written += 1
                yield [_cell(fact) for fact in cells]


def _cell(fact: Fact) -> Cell:
    value = fact.value
    if value is None:
        return None
    if fact.type == "rows":
        return "\n".join(" · ".join(str(_cell(part)) for part in row) for row in value if row)
    if fact.name == "priority":
        return priority_text(str(value))
    if fact.type == "time":
        return formats.local(datetime.fromisoformat(value))
    if fact.type == "date":
        return date.fromisoformat(value)
    if fact.shown:
        return tell(fact.shown)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float | Decimal):
        return value
    if isinstance(value, list):
        return ", ".join(_flat(entry) for entry in value)
    return _flat(value)


def _flat(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {entry}" for name, entry in value.items())
    return str(value)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece
