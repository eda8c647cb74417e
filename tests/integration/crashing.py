"""Units of work in which the process dies between any two calls."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from desk.services.ports import UnitOfWork, UnitsOfWork

REPOSITORIES = tuple(UnitOfWork.__annotations__)


class Crash(Exception):
    """The process died here."""


@dataclass
class Crashing:
    """Units of work whose *at*-th call never happens, or whose commit is never reported.

    *only_commits*: calls are not counted.
    """

    units: UnitsOfWork
    at: int
    calls: int = 0
    after_commit: bool = False
    only_commits: bool = False

    def __call__(self) -> Any:
        return _CrashingUnit(self.units(), self)

    def step(self) -> None:
        self.calls += 1
        if self.calls == self.at:
            raise Crash


class _CrashingUnit:
    def __init__(self, unit: UnitOfWork, crashing: Crashing) -> None:
        self._unit = unit
        self._crashing = crashing

    async def __aenter__(self) -> "_CrashingUnit":
        await self._unit.__aenter__()
        for name in REPOSITORIES:
            repository = _CrashingRepository(getattr(self._unit, name), self._crashing)
            setattr(self, name, repository)
            setattr(self._unit, name, repository)  # for those who hear of what was recorded
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self._unit.__aexit__(*error)

    def record(self, event: Any) -> None:
        self._unit.record(event)

    async def tell(self) -> None:
        await self._unit.tell()

    def told_by(self, teller: Any) -> None:
        self._unit.told_by(teller)

    async def commit(self) -> None:
        if not self._crashing.after_commit:
            self._crashing.step()
        await self._unit.commit()
        if self._crashing.after_commit:
            self._crashing.step()


@dataclass
class _CrashingRepository:
    _repository: Any
    _crashing: Crashing = field(repr=False)

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = getattr(self._repository, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            if not self._crashing.only_commits:
                self._crashing.step()
            return await method(*args, **kwargs)

        return call
