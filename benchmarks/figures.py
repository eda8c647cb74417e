"""Figures of a run: percentiles, memory, a table to read and JSON to keep."""

import json
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which *share* (0 to 1) of the values lie."""
    if len(values) < 2:
        return values[0] if values else float("nan")
    return statistics.quantiles(values, n=100, method="inclusive")[round(share * 100) - 1]


def latencies(values: Sequence[float]) -> dict[str, float]:
    """Return p50 and p95 in milliseconds, and how many values they rest on."""
    return {
        "p50_ms": round(percentile(values, 0.50) * 1000, 1),
        "p95_ms": round(percentile(values, 0.95) * 1000, 1),
        "n": len(values),
    }


def memory_mb(pid: int) -> float:
    """Return the resident memory of a process and its children, in MB."""
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    return round(sum(member.memory_info().rss for member in family) / 1e6, 1)


@dataclass
class Report:
    """All figures of one run, by scenario."""

    figures: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, scenario: str, **figures: Any) -> None:
        """Note the figures of a scenario and show them."""
        self.figures.setdefault(scenario, {}).update(figures)
        Console(stderr=True).print(f"[bold]{scenario}[/] {figures}")

    def write(self, folder: Path) -> Path:
        """Write the run as JSON and show the table; return the file."""
        folder.mkdir(parents=True, exist_ok=True)
        now = datetime.now(UTC)
        path = folder / f"bench-{now:%Y%m%dT%H%M%SZ}.json"
        run = {
            "at": now.isoformat(timespec="seconds"),
            "machine": {"cores": psutil.cpu_count(), "python": platform.python_version()},
            "figures": self.figures,
        }
        path.write_text(json.dumps(run, indent=2) + "\n")
        (folder / "latest.json").write_text(path.read_text())
        Console().print(self._table())
        return path

    def _table(self) -> Table:
        table = Table("scenario", "figure", "value", title="Sapa benchmarks")
        for scenario, figures in self.figures.items():
            for name, value in figures.items():
                table.add_row(scenario, name, str(value))
        return table
