"""Presses of inline buttons and the bot's answers to them."""

# Waiting reads best in a test with its limit in the call.
# ruff: noqa: ASYNC109

import asyncio
import itertools
from dataclasses import dataclass, field

from simulator.clock import Clock, Signal
from simulator.errors import BadRequest


@dataclass(frozen=True, slots=True)
class PressAnswer:
    """What the bot showed the person who pressed."""

    text: str = ""
    is_alert: bool = False
    url: str | None = None


@dataclass(slots=True)
class Press:
    """One press; `answer` stays None until the bot answers it."""

    query_id: str
    data: str
    pressed_at: float
    answer: PressAnswer | None = None
    _changed: Signal = field(default_factory=Signal, repr=False)

    def settle(self, answer: PressAnswer) -> None:
        """Record the bot's answer."""
        self.answer = answer
        self._changed.notify()

    async def answered(
        self,
        *,
        timeout: float = 5.0,
    ) -> PressAnswer:
        """Wait for the bot's answer.

        Raises:
            AssertionError: It never stopped the button's spinner.
        """
        deadline = asyncio.get_running_loop().time() + timeout
        while self.answer is None:
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                raise AssertionError(f"press of {self.data!r} not answered in {timeout:g} s")
            await self._changed.wait(left)
        return self.answer


class Presses:
    """All presses of a run."""

    def __init__(self, clock: Clock) -> None:
        """Begin without presses."""
        self._clock = clock
        self._numbers = itertools.count(4_382_000_000_000_001)
        self._by_id: dict[str, Press] = {}

    def add(self, data: str) -> Press:
        """Record a new press."""
        press = Press(str(next(self._numbers)), data, self._clock.seconds())
        self._by_id[press.query_id] = press
        return press

    def answer(self, query_id: str, answer: PressAnswer, *, lifetime: float) -> None:
        """Give the bot's answer to a press.

        Raises:
            BadRequest: Unknown, too old, or already answered.
        """
        press = self._by_id.get(query_id)
        too_old = press is not None and self._clock.seconds() - press.pressed_at > lifetime
        if press is None or too_old or press.answer is not None:
            raise BadRequest(
                "query is too old and response timeout expired or query ID is invalid"
            )
        press.settle(answer)
