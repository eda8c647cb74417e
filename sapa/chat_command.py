"""`sapa chat`: talk to a running Sapa in the terminal, through its web chat."""

import asyncio
import uuid
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
from rich.console import Console
from rich.markup import escape

from sapa.errors import OperatorError

POLL: Final = 0.25
#: An answer comes within this; the desk says so itself when Rasa is silent.
PATIENCE: Final = 20.0
#: More may follow an answer within this.
QUIET: Final = 0.75


@dataclass
class Talk:
    """One conversation: what was shown last, and the buttons that can be pressed by number."""

    http: aiohttp.ClientSession
    address: str
    screen: Console
    last: int = 0
    tokens: list[str] = field(default_factory=list)

    async def begin(self) -> None:
        """Get a session, as a browser does by opening the page."""
        await self._request("GET", "/chat")

    async def say(self, line: str) -> None:
        """Send a line, or press the button that it is the number of; show what comes back."""
        body: dict[str, str] = {"id": uuid.uuid4().hex}
        if line.isdigit() and 0 < int(line) <= len(self.tokens):
            body["token"] = self.tokens[int(line) - 1]
        elif line in {"/start", "/bantuan", "/lacak", "/lapor", "/petugas", "/batal"}:
            body["command"] = line[1:]
        else:
            body["text"] = line
        await self._request("POST", "/chat/messages", json=body)
        await self._show_answer()

    async def _show_answer(self) -> None:
        waited, quiet, seen = 0.0, 0.0, False
        while waited < PATIENCE and not (seen and quiet >= QUIET):
            await asyncio.sleep(POLL)
            waited, quiet = waited + POLL, quiet + POLL
            for message in await self._news():
                self._show(message)
                seen, quiet = True, 0.0
        if not seen:
            self.screen.print("[dim](no answer yet)[/]")

    async def _news(self) -> list[dict[str, Any]]:
        history = await self._request("GET", "/chat/history", params={"after": self.last})
        messages: list[dict[str, Any]] = history["messages"] if history else []
        news = [message for message in messages if message["id"] > self.last]
        if news:
            upto = {"after": self.last, "last_id": news[-1]["id"]}
            await self._request("POST", "/chat/ack", json=upto)
            self.last = news[-1]["id"]
        return news

    def _show(self, message: dict[str, Any]) -> None:
        self.screen.print(f"[green]Sapa[/] {escape(message['text'])}")
        rows = message["buttons"]
        if rows:
            buttons = [button for row in rows for button in row]
            self.tokens = [button["token"] for button in buttons]
            labels = (f"[bold]{n}[/] {escape(b['label'])}" for n, b in enumerate(buttons, 1))
            self.screen.print("   " + "   ".join(labels))

    async def _request(self, method: str, path: str, **options: Any) -> dict[str, Any] | None:
        try:
            async with self.http.request(method, self.address + path, **options) as response:
                if response.content_type != "application/json":
                    return None
                answer: dict[str, Any] = await response.json()
        except aiohttp.ClientError as error:
            raise OperatorError(
                f"Nothing answers at {self.address}: start Sapa with `make run` first."
            ) from error
        if response.status >= 400:
            self.screen.print(f"[yellow]{escape(str(answer.get('message')))}[/]")
        return answer


async def chat(address: str) -> None:
    """Talk until the input ends.

    Raises:
        OperatorError: No Sapa answers at *address*.
    """
    screen = Console(highlight=False)
    jar = aiohttp.CookieJar(unsafe=True)  # the address may be an IP
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        talk = Talk(http, address, screen)
        await talk.begin()
        screen.print("[dim]Write a message, or a number to press that button. Ctrl-D ends.[/]")
        while True:
            try:
                line = (await asyncio.to_thread(screen.input, "[cyan]You[/] ")).strip()
            except EOFError:
                return
            if line:
                await talk.say(line)
