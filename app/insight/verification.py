"""Checks the whole journal: every chain against what cases and records remember, evidence, erasures, anchors."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import Database
from app.domain.journal import anchors, checking, system
from app.domain.journal.checking import Checked, Fault
from app.domain.records.records import Record
from app.engine.evidence import digest_of
from app.engine.records import Case, Evidence
from app.errors import Message
from app.jobs.queue import Queue

SUBJECT = "verification"
VERIFIED = "journal.verified"
JOB = "journal.verify"
# Faults that are told one by one; of a journal that was written anew altogether a hundred say enough.
MOST_TOLD = 100
# Chains that are compared with their case or record at a time.
AT_ONCE = 200
_NAMES: dict[str, type[Case] | type[Record]] = {"case": Case, "record": Record}

# Chains that are gone altogether leave nothing to read; those who remember them do.
_GONE = text("""
    SELECT 'case:' || id AS chain FROM process_case
    WHERE journal_length > 0 AND NOT EXISTS (SELECT FROM journal_entry WHERE chain = 'case:' || process_case.id)
    UNION ALL
    SELECT 'record:' || id FROM record
    WHERE journal_length > 0 AND NOT EXISTS (SELECT FROM journal_entry WHERE chain = 'record:' || record.id)
""")


@dataclass(slots=True)
class Verification:
    """What checking the journal found."""

    at: datetime
    chains: int = 0
    lines: int = 0
    erased: int = 0
    anchors: int = 0
    evidence: int = 0
    broken: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing is broken."""
        return not self.broken

    def add(self, *faults: Fault | None) -> None:
        """Count faults, and keep the first ones to be told."""
        for fault in faults:
            if fault is not None:
                self.broken += 1
                if len(self.faults) < MOST_TOLD:
                    self.faults.append(fault)

    def as_json(self) -> dict[str, Any]:
        """Return it as the command and the journal keep it."""
        return {
            "at": self.at.isoformat(), "sound": self.sound, "chains": self.chains, "lines": self.lines,
            "erased": self.erased, "anchors": self.anchors, "evidence": self.evidence, "broken": self.broken,
            "faults": [
                {"chain": fault.chain, "position": fault.position, "reason": str(fault.reason)}
                for fault in self.faults
            ],
        }  # fmt: skip


def verify(database: Database, *, since: datetime | None = None, kept: Sequence[anchors.Line] = ()) -> Verification:
    """Check the journal as it is at this moment, however long that takes; work goes on meanwhile.

    Args:
        since: look only at chains that have grown from then on; anchors are all looked at.
        kept: lines of anchors that were kept elsewhere, to be compared.
    """
    with database.transaction() as session:
        # One picture for all queries: a chain and the case that remembers its end must be of the same moment.
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        session.execute(text("SET TRANSACTION READ ONLY"))
        session.execute(text("SET LOCAL statement_timeout = 0"))
        return examine(session, since=since, kept=kept)


def examine(session: Session, *, since: datetime | None = None, kept: Sequence[anchors.Line] = ()) -> Verification:
    """Check the journal within a transaction; see `verify`."""
    found = Verification(clock.now())
    read = checking.chains(session, since=since)
    while some := list(islice(read, AT_ONCE)):
        _compare(session, found, some)
    for chain in session.scalars(_GONE):
        found.add(Fault(str(chain), 1, Message("the whole chain is missing")))
    for _position, faults in checking.anchored(session, kept):
        found.anchors += 1
        found.add(*faults)
    return found


def note(session: Session, found: Verification, *, actor_id: int | None) -> None:
    """Keep the outcome in the journal itself; of each fault with what another language needs to say it."""
    told = [
        {
            "chain": fault.chain,
            "position": fault.position,
            "reason": getattr(fault.reason, "template", fault.reason),
            "values": getattr(fault.reason, "values", {}),
        }
        for fault in found.faults
    ]
    system.note(session, VERIFIED, subject=SUBJECT, actor_id=actor_id, data={**found.as_json(), "faults": told})


def register_jobs(queue: Queue, database: Database) -> None:
    """Let the journal be checked in the background; its outcome stands in the journal."""

    def check(arguments: dict[str, Any], _attempt: int) -> None:
        found = verify(database)
        with database.transaction() as session:
            note(session, found, actor_id=arguments["actor_id"])

    queue.register(JOB, check, attempts=3)


def ask(queue: Queue, session: Session, *, actor_id: int | None = None) -> bool:
    """Have the journal checked as soon as a worker is free; returns whether nobody had asked for it yet."""
    return queue.put(session, JOB, {"actor_id": actor_id}, dedupe=JOB) is not None


def _compare(session: Session, found: Verification, some: list[Checked]) -> None:
    """Compare chains with what remembers them; each tells its first fault."""
    ends = _remembered(session, some)
    shown = _evidence(session, some)
    for checked in some:
        found.chains += 1
        found.lines += checked.length
        found.erased += len(checked.erased)
        fault = (
            checked.fault
            or _end_fault(checked, ends)
            or checking.silently_erased(session, checked)
            or _evidence_fault(checked, shown.get(checked.chain, []))
        )
        found.evidence += len(shown.get(checked.chain, []))
        found.add(fault)


def _remembered(session: Session, some: list[Checked]) -> dict[str, tuple[bytes | None, int]]:
    ends: dict[str, tuple[bytes | None, int]] = {}
    for kind, table in _NAMES.items():
        rows = session.execute(
            select(table.id, table.journal_head, table.journal_length).where(table.id.in_(_ids(some, kind)))
        )
        ends |= {f"{kind}:{row.id}": (row.journal_head, row.journal_length) for row in rows}
    return ends


def _evidence(session: Session, some: list[Checked]) -> dict[str, list[Row[Any]]]:
    shown: dict[str, list[Row[Any]]] = {}
    query = select(*Evidence.__table__.columns).where(Evidence.case_id.in_(_ids(some, "case")))
    for row in session.execute(query.order_by(Evidence.case_id, Evidence.id)):
        shown.setdefault(f"case:{row.case_id}", []).append(row)
    return shown


def _ids(some: list[Checked], kind: str) -> list[int]:
    pairs = (checked.chain.partition(":") for checked in some)
    return [int(number) for name, _, number in pairs if name == kind and number.isdecimal() and len(number) < 19]


def _end_fault(checked: Checked, ends: dict[str, tuple[bytes | None, int]]) -> Fault | None:
    if checked.chain.startswith(system.PREFIX):
        return None
    known = ends.get(checked.chain)
    if known is None:
        return Fault(checked.chain, 1, Message("what this chain is about is missing"))
    head, length = known
    if checked.length < length:
        return Fault(checked.chain, checked.length + 1, Message("the end is missing"))
    if checked.head != head or checked.length != length:
        return Fault(checked.chain, length or 1, Message("its end is not the one that is remembered"))
    return None


def _evidence_fault(checked: Checked, rows: list[Row[Any]]) -> Fault | None:
    """Compare evidence with the lines that vouch for it: they come in the same order."""
    if not checked.chain.startswith("case:"):
        return None
    rest: Iterator[Row[Any]] = iter(rows)
    for position, vouched in checked.vouched:
        if digest_of(islice(rest, vouched["rows"])) != vouched["digest"]:
            return Fault(checked.chain, position, Message("its evidence was changed or is missing"))
    if next(rest, None) is not None:
        return Fault(checked.chain, checked.length, Message("there is evidence that no line vouches for"))
    return None
