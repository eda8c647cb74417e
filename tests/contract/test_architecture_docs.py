"""The drawings in docs/architecture.md are those of import-linter's contracts."""

import re
import tomllib

import pytest

from desk.bootstrap import SUBSCRIBERS
from desk.settings import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "importlinter"
]["contracts"]


def layers_of(container: str) -> list[str]:
    (contract,) = [each for each in CONTRACTS if each.get("containers") == [container]]
    layers: list[str] = contract["layers"]
    return layers


@pytest.mark.parametrize(
    ("fence", "container"),
    [("rooms", "desk.services"), ("domain", "desk.domain"), ("web", "web")],
)
def test_the_rooms_are_drawn_as_import_linter_knows_them(fence: str, container: str) -> None:
    (drawing,) = re.findall(rf"^```{fence}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert drawing.splitlines() == layers_of(container)


def test_every_room_is_told_what_is_in_it() -> None:
    rooms = [
        name
        for layer in layers_of("desk.services")
        for name in re.split(r" [|:] ", layer)
        if (ROOT / "desk" / "services" / name).is_dir()
    ]
    told = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert [room for room in rooms if room not in told] == []


def test_those_who_hear_of_events_are_use_cases_and_tellers_alone() -> None:
    heard_in = {each.__module__.split(".")[2] for them in SUBSCRIBERS.values() for each in them}
    assert heard_in <= {"telling", "tickets", "talk"}
