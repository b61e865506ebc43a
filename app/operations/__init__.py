"""How Python functions become callable from a diagram."""

from app.operations.catalogue import describe
from app.operations.context import OperationContext, SendMessage, WriteJournal
from app.operations.operation import InvalidParameters, Operation
from app.operations.registry import OperationGroup, Registry, UnknownOperation
from app.operations.subjects import Subject, SubjectGroup, Subjects

__all__ = [
    "InvalidParameters",
    "Operation",
    "OperationContext",
    "OperationGroup",
    "Registry",
    "SendMessage",
    "Subject",
    "SubjectGroup",
    "Subjects",
    "UnknownOperation",
    "WriteJournal",
    "describe",
]
