"""The state of a case as bytes: what is open, never the diagrams, which it refers to by its bundle.

The first byte names the codec. Safe to use from many threads: nothing is shared but compression contexts per thread.
"""

import json
from collections import deque
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from threading import local
from typing import Any
from uuid import UUID

import zstandard
from SpiffWorkflow.util.task import TaskState

from app.engine.program import Program
from app.engine.token import Token
from app.engine.workflow import Level, Trail, Workflow
from app.expressions import CalendarDuration

JSON_ZSTD = b"\x01"
LEVEL = 3
FORMAT = 1
MARK = "~"
"""The only key of a map that stands for a value JSON does not have: `{"~": ["date", "2026-03-06"]}`."""

_TO_TEXT: dict[type, tuple[str, Callable[[Any], Any]]] = {
    datetime: ("datetime", datetime.isoformat),
    date: ("date", date.isoformat),
    time: ("time", time.isoformat),
    Decimal: ("decimal", str),
    UUID: ("uuid", str),
    timedelta: ("duration", lambda value: [value.days, value.seconds, value.microseconds]),
    CalendarDuration: ("months", lambda value: [value.months, value.rest.days, value.rest.seconds]),
}
_FROM_TEXT: dict[str, Callable[[Any], Any]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "decimal": Decimal,
    "uuid": UUID,
    "duration": lambda parts: timedelta(*parts),
    "months": lambda parts: CalendarDuration(parts[0], timedelta(parts[1], parts[2])),
    "map": dict,
}
_contexts = local()


def dump(workflow: Workflow) -> bytes:
    """Return the state of a case."""
    document = {
        "format": FORMAT,
        "bundle": workflow.program.bundle_id,
        "sequence": workflow.sequence,
        "completed": workflow.completed,
        "success": workflow.success,
        "ends": workflow.end_events,
        "trails": {key: [trail.done, trail.flows] for key, trail in workflow.trails.items()},
        "level": _dump_level(workflow),
        "inner": {host.hex: _dump_level(level) for host, level in workflow.subprocesses.items()},
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=_encode)
    if not hasattr(_contexts, "compressor"):
        _contexts.compressor = zstandard.ZstdCompressor(level=LEVEL)
    packed: bytes = _contexts.compressor.compress(text.encode())
    return JSON_ZSTD + packed


def text_of(state: bytes) -> str:
    """Return what `dump` has stored as the JSON that it is, for whoever only looks for something in it.

    Raises:
        ValueError: the state was stored by a newer version.
    """
    if state[:1] != JSON_ZSTD:
        raise ValueError(f"unknown codec {state[:1]!r}")
    if not hasattr(_contexts, "decompressor"):
        _contexts.decompressor = zstandard.ZstdDecompressor()
    unpacked: bytes = _contexts.decompressor.decompress(state[1:])
    return unpacked.decode()


def restore(program: Program, state: bytes) -> Workflow:
    """Return the case that `dump` has stored.

    Args:
        program: of the bundle that the case has pinned.

    Raises:
        ValueError: the state was stored by a newer version, or belongs to another bundle.
    """
    text = text_of(state)
    document = json.loads(text, object_hook=_decode if '{"~":' in text else None)
    if document["format"] != FORMAT or document["bundle"] != program.bundle_id:
        raise ValueError(f"state of format {document['format']}, bundle {document['bundle']} does not fit")
    workflow = Workflow(program)
    workflow.sequence = document["sequence"]
    workflow.completed, workflow.success = document["completed"], document["success"]
    workflow.end_events = document["ends"]
    workflow.trails = {key: Trail(*parts) for key, parts in document["trails"].items()}
    _restore_level(workflow, document["level"], None)
    for name, part in document["inner"].items():
        # A level stands behind the one that its host is in, so the host is there already.
        host = workflow.find(UUID(hex=name))
        called = host.task_spec.element.calls
        level = Level(program.levels[host.task_spec.spec], host, workflow)
        workflow.subprocesses[host.id] = level
        _restore_level(level, part, None if called else host)
    ready = [token for token in workflow.all_tokens if token._state == TaskState.READY]
    workflow.ready, workflow.urgent = deque(), deque()
    for token in sorted(ready, key=lambda token: token.rank):
        workflow.line_up(token)
    return workflow


def _dump_level(level: Workflow | Level) -> list[Any]:
    host = level.host
    base = host if host is not None and not host.task_spec.element.calls else None
    root = level.task_tree
    return [
        level.data,
        level.stamps,
        [_dump_token(root, base)] + [_dump_token(token, _base(token, root, base)) for token in level.tokens],
    ]


def _base(token: Token, root: Token, base: Token | None) -> Token | None:
    """Return whose data a token's are stored as a difference to: the activity's whose round or inside it is."""
    return base if token._parent == root.id else token.parent


def _dump_token(token: Token, base: Token | None) -> list[Any]:
    parts: list[Any] = [
        token.id.hex, token._parent.hex if token._parent else 0, token.task_spec.name,
        token._state, token.phase, token.rank, token.internal_data or 0,
    ]  # fmt: skip
    if base is None:
        return [*parts, token.data, token.stamps]
    theirs, stamps = base.stamps, token.stamps
    own = [name for name, stamp in stamps.items() if theirs.get(name) != stamp]
    return [
        *parts, {name: token.data[name] for name in own}, {name: stamps[name] for name in own},
        [name for name in theirs if name not in stamps],
    ]  # fmt: skip


def _restore_level(level: Workflow | Level, document: list[Any], host: Token | None) -> None:
    level.data, level.stamps, tokens = document
    level.task_tree = _restore_token(level, tokens[0], host)
    for parts in tokens[1:]:
        _restore_token(level, parts, host)


def _restore_token(level: Workflow | Level, parts: list[Any], host: Token | None) -> Token:
    identity, parent, name, state, phase, rank, notes, data, stamps, *rest = parts
    above = level.tasks.get(UUID(hex=parent)) if parent else None
    node = level.spec.task_specs[name]
    token = Token(level, node, above, state, UUID(hex=identity))
    token.phase, token.rank = phase, rank
    token.internal_data = notes or {}
    if rest:
        base = host if above is None or above is level.task_tree else above
        if base is None:
            raise ValueError("a difference without a base")
        missing = frozenset(rest[0])
        data = {key: value for key, value in base.data.items() if key not in missing} | data
        stamps = {key: stamp for key, stamp in base.stamps.items() if key not in missing} | stamps
    token.data, token.stamps = data, stamps
    return token


def _encode(value: Any) -> Any:
    kind = _TO_TEXT.get(type(value))
    if kind is None:
        raise TypeError(f"a {type(value).__name__} cannot be stored")
    return {MARK: [kind[0], kind[1](value)]}


def _decode(found: dict[str, Any]) -> Any:
    if len(found) == 1 and MARK in found:
        try:
            kind, text = found[MARK]
            return _FROM_TEXT[kind](text)
        except (TypeError, ValueError, KeyError, ArithmeticError):
            return found  # somebody's own map that only looks like ours
    return found
