"""`docs/lifecycle.md` and the code tell the same, in both directions."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from desk.domain.clocks import CLOCKS, ClockName, Limits
from desk.domain.lifecycle import (
    AWAITS_CITIZEN,
    FINAL,
    IN_WORK,
    MOVES,
    OPEN,
    Return,
    Status,
)
from desk.domain.roles import PERMISSIONS, Role

PAGE = (Path(__file__).parents[2] / "docs" / "lifecycle.md").read_text(encoding="utf-8")
EDGE = re.compile(r"^\s+(\S+) --> (\w+): (.+)$", re.MULTILINE)
NOTHING = "–"


def items(cell: str) -> frozenset[str]:
    return frozenset() if cell == NOTHING else frozenset(cell.split(", "))


def table(first_heading: str) -> list[list[str]]:
    """Return the rows of the table whose first column has this heading."""
    lines = PAGE.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {first_heading} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def drawn_edges() -> list[tuple[str, str, frozenset[str]]]:
    diagrams = re.findall(r"```mermaid\nstateDiagram-v2\n(.*?)```", PAGE, re.DOTALL)
    return [
        (source, target, items(who))
        for diagram in diagrams
        for source, target, who in EDGE.findall(diagram)
    ]


def coded_edges() -> dict[tuple[str, str], frozenset[str]]:
    edges: dict[tuple[str, str], set[str]] = defaultdict(set)
    for move in MOVES:
        for source in move.sources:
            targets = [move.target] if isinstance(move.target, Status) else way_back(source)
            for target in targets:
                edges[(source or "[*]", target)].update(move.actors)
    return {edge: frozenset(who) for edge, who in edges.items()}


def way_back(held: Status | None) -> list[Status]:
    return [s for move in MOVES if move.target == held for s in move.sources if s is not None]


def test_the_diagrams_draw_exactly_the_moves_of_the_code():
    drawn = drawn_edges()
    assert {(source, target): who for source, target, who in drawn} == coded_edges()


def test_no_arrow_is_drawn_twice():
    edges = [(source, target) for source, target, _ in drawn_edges()]
    assert len(edges) == len(set(edges))


def test_every_line_of_a_diagram_is_read():
    arrows = [line for line in PAGE.splitlines() if "-->" in line]
    assert len(drawn_edges()) == len(arrows)


def test_the_table_of_moves_has_exactly_the_rows_of_the_code():
    written = [
        (items(source) or {None}, target, items(who), items(needs), items(when))
        for source, target, who, needs, when in table("from")
    ]
    coded = [
        (
            move.sources,
            move.target.value,
            move.actors,
            move.needs,
            move.when,
        )
        for move in MOVES
    ]
    assert written == coded


def test_only_held_and_merged_tickets_go_back():
    returning = [move for move in MOVES if isinstance(move.target, Return)]
    assert {s for move in returning for s in move.sources} == {Status.ON_HOLD, Status.MERGED}


def test_the_table_of_states_has_exactly_the_groups_of_the_code():
    groups = {"in work": IN_WORK, "awaits citizen": AWAITS_CITIZEN, "final": FINAL}
    rows = table("state")
    assert sorted(name for name, _, _ in rows) == sorted(Status)
    for group, members in groups.items():
        assert {name for name, written, _ in rows if written == group} == members
    assert {name for name, _, is_open in rows if is_open == "yes"} == OPEN


def test_the_table_of_clocks_has_exactly_the_rules_of_the_code():
    written = {}
    for name, kinds, starts, pauses, stops, limit in table("clock"):
        others = frozenset(Status) - items(starts) - items(pauses)
        written[name] = (
            None if kinds == "all" else kinds,
            items(starts),
            items(pauses),
            others if stops == "others" else items(stops),
            int(limit),
        )
    coded = {
        name.value: (rule.only_for, rule.starts, rule.pauses, rule.stops, Limits().of(name))
        for name, rule in CLOCKS.items()
    }
    assert written == coded
    assert set(CLOCKS) == set(ClockName)


def test_the_page_names_the_limit_with_a_field_check():
    named = re.search(r"limit of `penyelesaian` is (\d+)", PAGE)
    assert named is not None
    assert int(named[1]) == Limits().resolution_with_field_check


def test_the_table_of_roles_has_exactly_the_permissions_of_the_code():
    header = next(line for line in PAGE.splitlines() if line.startswith("| may |"))
    roles = [cell.strip() for cell in header.strip("|").split("|")][1:]
    written = {
        name: {role: cell for role, cell in zip(roles, cells, strict=True) if cell != NOTHING}
        for name, *cells in table("may")
    }
    coded = {
        permission.value: {role.value: scope.value for role, scope in row.items()}
        for permission, row in PERMISSIONS.items()
    }
    assert written == coded
    assert roles == [role.value for role in Role]


@pytest.mark.parametrize("status", Status)
def test_every_state_can_be_reached(status):
    assert status in {target for _, target, _ in drawn_edges()}
