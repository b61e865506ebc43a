"""What goes wrong with an expression, in words that name the place."""

from app.errors import StellwerkError


class ExpressionError(StellwerkError):
    """An expression cannot be read or has no value; `line` and `column` count from 1, 0 means unknown."""

    def __init__(self, message: str, *, column: int = 0, line: int = 0) -> None:
        place = ""
        if column:
            place = f" (line {line}, column {column})" if line > 1 else f" (column {column})"
        super().__init__(message + place)
        self.bare = message
        self.column = column
        self.line = line


class DecisionError(StellwerkError):
    """A decision table gives no answer; `rows` are the row numbers that matched, counted from 1."""

    def __init__(self, decision: str, message: str, rows: tuple[int, ...] = ()) -> None:
        super().__init__(f"Decision “{decision}”: {message}")
        self.decision = decision
        self.rows = rows
