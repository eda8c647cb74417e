"""A whole desk behind the web side: real storage, real dialogue, and keywords instead of Rasa."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from aiohttp import web

from desk.bootstrap import (
    CATALOGUE_FOLDER,
    REPLIES_FOLDER,
    calendar_of,
    contents_of,
    re_encode_picture,
    told,
)
from desk.domain.conversation import ConversationId
from desk.domain.heard import Heard
from desk.domain.inbound import Point
from desk.domain.turn import TurnId, Understanding
from desk.services.outbox.browsers import news_of
from desk.services.ports import TurnAnswer, TurnRequest, UnitsOfWork
from desk.services.talk.dialogue import ACTIONS, answer_step
from desk.services.tools import Tools
from desk.services.turns import loops
from desk.services.turns.workshop import Workshop
from desk.services.wording import Wording
from desk.storage.catalogue_files import load_catalogue
from desk.storage.migrate import upgrade
from desk.storage.open import Storage, open_storage
from nlu.emergency import is_urgent
from web.app import add_site
from web.pages import asset_path
from web.signing import Signer
from web.site import Allowances, Site
from web.wakeups import Wakeups

SECRET = b"a secret for tests, long enough!"
BOT_NAME = "sapa_uji_bot"

_KEYWORDS = {
    r"\blapor|rusak|berlubang": "lapor_aduan",
    r"\bhalo|pagi\b": "salam",
    r"cara mengurus|ktp": "tanya_prosedur",
    r"anonim": "minta_anonim",
    r"kebakaran|tolong": "darurat",
    r"\bya\b|betul": "setuju",
    r"tidak": "tolak",
    r"MJU": "cek_status_aduan",
}


class KeywordUnderstander:
    """Stands where Rasa is: keywords choose the intent, which chooses the action."""

    def __init__(self, units: UnitsOfWork, tools: Tools) -> None:
        """Answer with the real dialogue over *units*."""
        self._units = units
        self._tools = tools

    async def take_turn(self, request: TurnRequest) -> TurnAnswer:
        """Answer a turn as Rasa would."""
        heard = _heard(request)
        replies = await answer_step(
            self._units,
            self._tools,
            ACTIONS[heard.intent],
            heard,
            conversation_id=ConversationId(request.metadata["percakapan"]),
            turn_id=request.turn_id,
        )
        return TurnAnswer(tuple(replies), Understanding(heard.intent, heard.intent, 1.0))

    async def intent_of(self, text: str) -> str:
        """Tell what words mean as Rasa would."""
        return _heard(TurnRequest("", TurnId(""), text, {})).intent


def _heard(request: TurnRequest) -> Heard:
    facts: Any = request.metadata
    point = Point(*facts["titik"]) if facts.get("titik") else None
    photos = tuple(facts.get("foto") or ())
    text = request.text
    intent = next(
        (intent for word, intent in _KEYWORDS.items() if re.search(word, text, re.I)),
        "nlu_fallback",
    )
    ranking = ((intent, 0.9),) if intent != "nlu_fallback" else (("tanya_biaya", 0.3),)
    return Heard(
        intent,
        text=text,
        confidence=ranking[0][1],
        ranking=ranking,
        services=("ktp_el",) if intent == "tanya_prosedur" else (),
        categories=(("jalan_jembatan", 0.9),) if "jalan" in text.lower() else (),
        photos=photos,
        point=point,
    )


class _Nothing:
    """Fetches no file and shows no sign of life."""

    async def fetch(self, *_: object) -> bytes:
        raise NotImplementedError

    def typing(self, *_: object) -> AbstractContextManager[None]:
        return nullcontext()


@dataclass
class WebDesk:
    """The running parts."""

    app: web.Application
    site: Site
    storage: Storage
    tools: Tools
    _working: list[asyncio.Task[None]]

    def start_working(self) -> None:
        """Let a worker answer."""
        shop = Workshop(
            units=told(self.storage.units, self.tools),
            tools=self.tools,
            rasa=KeywordUnderstander(told(self.storage.units, self.tools), self.tools),
            files=_Nothing(),
            presence=_Nothing(),
            bell=self.storage.bell,
            re_encode=re_encode_picture,
            is_urgent=is_urgent,
        )
        self._working.append(asyncio.create_task(loops.work(shop)))

    async def stop_working(self) -> None:
        """Take the worker away."""
        for task in self._working:
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)
        self._working.clear()


@cache
def make_tools() -> Tools:
    """Return the project's own catalogue and words."""
    catalogue = load_catalogue(CATALOGUE_FOLDER)
    wording = Wording(REPLIES_FOLDER)
    return Tools(
        catalogue=catalogue,
        wording=wording,
        calendar=calendar_of(catalogue),
        code_key=b"a key for the codes of these tests",
        bot_name=lambda: BOT_NAME,
    )


@asynccontextmanager
async def open_web_desk(
    folder: Path,
    *,
    tools: Tools | None = None,
    allowances: Allowances | None = None,
    public_url: str = "",
) -> AsyncIterator[WebDesk]:
    """Open a desk on the SQLite file in *folder*, made when it is missing; nobody works yet."""
    url = f"sqlite+aiosqlite:///{folder / 'sapa.db'}"
    if not (folder / "sapa.db").exists():
        await upgrade(url)
    storage = open_storage(url)
    tools = replace(tools or make_tools(), public_url=public_url)
    site = Site(
        units=told(storage.units, tools),
        tools=tools,
        bell=storage.bell,
        re_encode=re_encode_picture,
        contents=contents_of(told(storage.units, tools), tools),
        signer=Signer(SECRET),
        wakeups=Wakeups(storage.bell, partial(news_of, storage.units)),
        assets=asset_path(),
        public_url=public_url,
        allowances=allowances or Allowances(),
        code_answer_seconds=0.05,
    )
    app = web.Application()
    add_site(app, site)
    desk = WebDesk(app, site, storage, tools, [])
    try:
        yield desk
    finally:
        await desk.stop_working()
        await storage.close()


async def serve(folder: Path, port: int) -> None:
    """Serve a desk with a worker until cancelled, to look at it in a browser."""
    async with open_web_desk(folder, public_url=f"http://127.0.0.1:{port}") as desk:
        desk.start_working()
        runner = web.AppRunner(desk.app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await runner.cleanup()
