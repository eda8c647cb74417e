"""What ends a command with a sentence for the operator instead of a traceback."""

from typing import Final

USAGE: Final = 2


class OperatorError(Exception):
    """The command cannot go on; the message says in one sentence what to do."""

    def __init__(self, message: str, *, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code
