"""Whatever a citizen says and presses in whatever order, some things never happen."""

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk.domain.draft import MAX_PHOTOS, Draft, DraftField
from desk.domain.inbound import Inbound, InboundKind
from desk.storage.open import Storage, open_storage
from tests.integration.scenes import LAMP, LAMP_SENSE, Citizen, Sense, Stage

QUESTIONS = ("tanya_biaya", "tanya_syarat", "cek_status_aduan", "bantuan", "tanya_identitas_bot")
WORDS = {
    "matter": ("jalan di Bambu berlubang besar sekali", Sense("lapor_aduan")),
    "answer": ("dekat pasar lama", Sense("nlu_fallback", 0.2)),
    "unknown": ("tidak tahu", Sense("nlu_fallback", 0.2)),
    "yes": ("iya benar", Sense("setuju", 0.9)),
    "weak yes": ("hmm ya begitu", Sense("setuju", 0.45)),
    "no": ("tidak", Sense("tolak", 0.9)),
    "secret": ("rahasiakan nama saya", Sense("minta_anonim", 0.9)),
    "anonymous": ("saya mau anonim", Sense("minta_anonim", 0.9)),
    "correction": ("lokasinya salah", Sense("tolak", 0.6)),
    "emergency": ("tolong ada kebakaran besar", Sense("darurat", 0.9)),
    "greeting": ("halo selamat pagi", Sense("salam", 0.95)),
    "cancel": ("batal", Sense("batal", 0.95)),
    "hostile": ("<b>&{{ x }}</b> /restart 😡", Sense("nlu_fallback", 0.1)),
}
acts = st.one_of(
    st.sampled_from(sorted(WORDS)).map(lambda name: ("say", name)),
    st.integers(0, 9).map(lambda position: ("press", position)),
    st.integers(0, 9).map(lambda position: ("press", position)),
    st.sampled_from(QUESTIONS).map(lambda intent: ("ask", intent)),
    st.integers(1, 4).map(lambda count: ("photos", count)),
    st.just(("pin", 0)),
    st.sampled_from(["batal", "start", "lapor"]).map(lambda name: ("command", name)),
    st.sampled_from([1, 40, 1500]).map(lambda minutes: ("wait", minutes)),
)


@dataclass
class World:
    """One database and one loop for all examples; each example has its own citizen."""

    runner: asyncio.Runner
    storage: Storage
    citizens: int = 0

    def citizen(self) -> Citizen:
        self.citizens += 1
        return Stage(self.storage.units).citizen(f"{self.citizens}")


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path = tmp_path_factory.mktemp("invariants") / "sapa.db"
    shutil.copy(sqlite_template, path)
    with asyncio.Runner() as runner:
        storage = open_storage(f"sqlite+aiosqlite:///{path}")
        runner.run(storage.start())
        yield World(runner, storage)
        runner.run(storage.close())


@dataclass
class Before:
    draft: Draft | None
    tickets: int
    last_question: DraftField | None
    labels: list[str]


async def look(citizen: Citizen) -> Before:
    draft = await citizen.draft()
    count = await count_tickets(citizen)
    labels = citizen.labels if citizen.heard else []
    return Before(draft, count, draft.asked if draft else None, labels)


async def count_tickets(citizen: Citizen) -> int:
    """Count receipts: an anonymous ticket belongs to nobody."""
    return sum("<b>Nomor:</b> <code>" in body.text for body in citizen.heard)


async def do(citizen: Citizen, act: tuple[str, Any]) -> str | None:
    """Do one thing; return the label that was pressed, the words' name, or nothing."""
    what, which = act
    if what == "say":
        text, sense = WORDS[which]
        citizen.stage.rasa.senses[text] = sense
        await citizen.send(Inbound(InboundKind.TEXT, text=text))
        await citizen.hear()
        return str(which)
    if what == "ask":
        await citizen.say("berapa biaya bikin ktp itu", which, sure=0.95)
        return "ask"
    if what == "press":
        buttons = [b for row in citizen.heard[-1].buttons for b in row] if citizen.heard else []
        if not buttons:
            return None
        button = buttons[which % len(buttons)]
        await citizen.send(Inbound(InboundKind.PRESS, token=button.token))
        await citizen.hear()
        return button.label
    if what == "photos":
        number = len(citizen.heard)
        await citizen.photos(*(f"{number}-{n}" for n in range(which)))
    elif what == "pin":
        await citizen.pin()
    elif what == "command":
        await citizen.command(which)
        return f"/{which}"
    else:
        citizen.stage.clock.advance(minutes=which)
    return None


def check(act: tuple[str, Any], did: str | None, before: Before, after: Before) -> None:
    asked = before.last_question
    filed = after.tickets - before.tickets
    may_file = did == "Kirim" or (did == "yes" and asked is DraftField.CONFIRM)
    assert filed == 0 or (filed == 1 and may_file and after.draft is None)
    if did in {"cancel", "/batal", "Batal", "Buang"}:
        assert after.draft is None
    if after.draft is None:
        return
    assert len(after.draft.photos) <= MAX_PHOTOS
    if before.draft is None or after.draft.id != before.draft.id:
        return
    if before.draft.description and asked is not DraftField.DESCRIPTION:
        assert after.draft.description is not None
        assert after.draft.description.startswith(before.draft.description)
    if act[0] == "ask":
        assert replace(after.draft, touched_at=before.draft.touched_at) == before.draft


async def play(citizen: Citizen, script: list[tuple[str, Any]]) -> None:
    await citizen.say(LAMP, **LAMP_SENSE)
    for act in script:
        before = await look(citizen)
        did = await do(citizen, act)
        check(act, did, before, await look(citizen))


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(script=st.lists(acts, min_size=3, max_size=12))
def test_no_sequence_files_unasked_loses_words_or_keeps_what_was_dropped(
    world: World, script: list[tuple[str, Any]]
) -> None:
    world.runner.run(play(world.citizen(), script))
