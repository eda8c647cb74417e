"""`sapa nlu`: how well the model understands."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from desk.settings import Settings
from desk.settings_loading import load_settings
from sapa.errors import USAGE, OperatorError
from sapa.evaluation import Labelled, Reading, Report, evaluate, read_labelled
from sapa.evaluation_page import Answer, write_report
from sapa.rasa_program import rasa_program, train_if_needed
from sapa.screen import Screen
from sapa.supervisor import running
from sapa.understanding import find_rasa, read_messages

app = typer.Typer(help="The language model.", no_args_is_help=True)
_progress = Console(stderr=True, highlight=False, soft_wrap=True)


@app.callback()
def _group() -> None:
    """Keep `nlu` a group of commands while it has only one."""


@app.command("evaluate")
def evaluate_command(
    file: Annotated[
        Path,
        typer.Argument(
            help="JSON lines: text and any of intent, layanan, kategori, lokasi, nomor_tiket."
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    page: Annotated[
        Path | None, typer.Option("--report", help="Write an HTML page with plots there.")
    ] = None,
) -> None:
    """Measure the model on labelled messages; starts its own Rasa when none answers."""
    labelled = read_labelled(file)
    if page is not None and all(line.intent is None for line in labelled):
        raise OperatorError(
            f"{file} names no intent, and the page is about them.", exit_code=USAGE
        )
    readings = asyncio.run(_read(load_settings(), labelled))
    report = evaluate(labelled, readings)
    if page is not None:
        _write_page(page, labelled, readings)
    if as_json:
        typer.echo(json.dumps(asdict(report), indent=2))
    else:
        Console(highlight=False).print(table_of(report))


def _write_page(path: Path, labelled: list[Labelled], readings: list[Reading]) -> None:
    answers = [
        Answer(line.intent, reading.top_intent, reading.final_intent, reading.confidence)
        for line, reading in zip(labelled, readings, strict=True)
        if line.intent is not None
    ]
    write_report(path, answers)


async def _read(settings: Settings, labelled: list[Labelled]) -> list[Reading]:
    token = settings.rasa_token.get_secret_value()
    async with _some_rasa(settings, token) as url:
        with Progress(console=_progress, transient=True) as progress:
            task = progress.add_task("Reading messages", total=len(labelled))
            return await read_messages(
                [line.text for line in labelled],
                url=url,
                token=token,
                on_read=lambda: progress.advance(task),
            )


@contextlib.asynccontextmanager
async def _some_rasa(settings: Settings, token: str) -> AsyncIterator[str]:
    """Give the address of a Rasa that answers, or of one that runs for this block only."""
    if url := await find_rasa(settings.rasa_urls, token):
        yield url
        return
    screen = Screen(_progress)
    model = await train_if_needed(settings, screen.say)
    port = _free_port()
    program = rasa_program(settings, model=model, port=port, name="rasa-evaluate")
    async with running(program, screen):
        yield f"http://127.0.0.1:{port}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def table_of(report: Report) -> Table:
    """Lay the rates out for a person."""
    table = Table("what", "rate", "macro-F1", "messages")
    for name, score in (
        ("intent: first choice right", report.intent),
        ("layanan: exactly the services meant", report.layanan),
        ("kategori: first choice right", report.kategori),
        ("lokasi: exactly the places named", report.lokasi),
        ("nomor_tiket: exactly the numbers written", report.nomor_tiket),
    ):
        table.add_row(name, _percent(score.accuracy), _percent(score.macro_f1), str(score.n))
    for name, value in (
        ("asked back although in scope", report.fallback.in_scope_rate),
        ("out of scope noticed", report.fallback.out_of_scope_recall),
        ("confidently wrong", report.confident_wrong_rate),
        ("darurat recognised", report.darurat.recall),
        ("false alarms", report.darurat.false_alarm_rate),
    ):
        table.add_row(name, _percent(value), "", "")
    return table


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
