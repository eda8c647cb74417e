"""The HTTP server: Bot API methods, file downloads and the control API on one port."""

import asyncio
import re
from typing import Any

from aiohttp import web

from simulator.backend import Backend
from simulator.calls import ApiCall
from simulator.control import control_routes
from simulator.errors import (
    ApiError,
    BadRequest,
    FloodWait,
    Forbidden,
    NotFound,
    RequestTooLarge,
    ServerError,
    Unauthorized,
)
from simulator.faults import Fault, FaultKind
from simulator.limits import MEBIBYTE, Limits
from simulator.methods import BY_LOWER_NAME, Method
from simulator.params import Params, read_params
from simulator.simulation import Simulation
from simulator.world import Account

DEFAULT_TOKEN = "7000001:simulator"  # noqa: S105 - opens nothing but this test server
_TOKEN = re.compile(r"\d+:[\w-]+")
_BAD_GATEWAY_PAGE = "<html><head><title>502 Bad Gateway</title></head><body></body></html>"


class BotApiServer:
    """A Bot API server for one bot on a loopback port.

    Use it as an async context manager, or call `start` and `stop`.
    """

    def __init__(
        self,
        *,
        token: str = DEFAULT_TOKEN,
        username: str = "sapa_simulasi_bot",
        first_name: str = "Sapa",
        limits: Limits | None = None,
    ) -> None:
        """Prepare the bot's world; nothing listens yet."""
        bot = Account(
            id=int(token.split(":")[0]), first_name=first_name, username=username, is_bot=True
        )
        self.token = token
        self.backend = Backend(bot, limits=limits or Limits())
        self.sim = Simulation(self.backend)
        self.url = ""
        self._runner: web.AppRunner | None = None

    def application(self) -> web.Application:
        """Return the aiohttp application."""
        # Room for an upload at the limit plus form fields; `Limits.upload_bytes` decides.
        app = web.Application(client_max_size=64 * MEBIBYTE)
        app.router.add_route("*", "/bot{token}/{method}", self._handle_call)
        app.router.add_get("/file/bot{token}/{path:.+}", self._handle_download)
        app.add_routes(control_routes(self.sim))
        return app

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1; port 0 takes any free one."""
        self._runner = web.AppRunner(
            self.application(),
            access_log=None,
            shutdown_timeout=0.1,
            handler_cancellation=True,
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Close every connection and stop delivering."""
        await self.backend.webhook.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> "BotApiServer":
        """Start on any free port."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    def _check_token(self, request: web.Request) -> None:
        token = request.match_info["token"]
        if not _TOKEN.fullmatch(token):
            raise NotFound
        if token != self.token:
            raise Unauthorized

    async def _handle_download(self, request: web.Request) -> web.StreamResponse:
        try:
            self._check_token(request)
            stored = self.backend.world.files.by_path(request.match_info["path"])
            if stored is None:
                raise NotFound
        except ApiError as error:
            return web.json_response(error.wire(), status=error.status)
        return web.Response(body=stored.content, content_type="application/octet-stream")

    async def _handle_call(self, request: web.Request) -> web.StreamResponse:
        try:
            self._check_token(request)
            name, method = _find_method(request.match_info["method"])
            params = await read_params(request)
        except web.HTTPRequestEntityTooLarge:
            return _error_response(RequestTooLarge())
        except ApiError as error:
            return _error_response(error)
        call = ApiCall(
            method=name,
            at=self.backend.clock.now(),
            params=params.values,
            files={key: len(upload.content) for key, upload in params.uploads.items()},
            chat_id=params.chat_id,
        )
        return await self._answer(request, call, method, params)

    async def _answer(
        self, request: web.Request, call: ApiCall, method: Method, params: Params
    ) -> web.StreamResponse:
        if self.backend.faults.latency:
            await asyncio.sleep(self.backend.faults.latency)
        chat_id = call.chat_id if isinstance(call.chat_id, int) else None
        fault = self.backend.faults.take(call.method, chat_id)
        response: web.StreamResponse | None = None
        if fault is None or fault.kind.takes_effect:
            response = await self._run(call, method, params)
        if fault is not None:
            call.fault = fault.kind.value
            # Logged before a hang: a test may look while the client still waits.
            self.backend.calls.add(call)
            return await _spoil(request, fault)
        assert response is not None
        self.backend.calls.add(call)
        return response

    async def _run(self, call: ApiCall, method: Method, params: Params) -> web.Response:
        try:
            result: Any = await method(self.backend, params)
        except ApiError as error:
            call.status, call.description = error.status, error.description
            return _error_response(error)
        call.status = 200
        return web.json_response({"ok": True, "result": result})


def _find_method(name: str) -> tuple[str, Method]:
    found = BY_LOWER_NAME.get(name.lower())
    if found is None:
        raise NotFound("method not found")
    return found


def _error_response(error: ApiError) -> web.Response:
    return web.json_response(error.wire(), status=error.status)


async def _spoil(request: web.Request, fault: Fault) -> web.StreamResponse:
    """Give the client what the fault orders instead of the answer."""
    match fault.kind:
        case FaultKind.FLOOD:
            return _error_response(FloodWait(fault.retry_after))
        case FaultKind.FORBIDDEN:
            return _error_response(Forbidden(fault.description))
        case FaultKind.BAD_REQUEST:
            return _error_response(BadRequest(fault.description))
        case FaultKind.SERVER_ERROR:
            return _error_response(ServerError())
        case FaultKind.BAD_GATEWAY | FaultKind.BAD_GATEWAY_AFTER:
            return web.Response(status=502, text=_BAD_GATEWAY_PAGE, content_type="text/html")
        case FaultKind.HANG_BEFORE | FaultKind.HANG_AFTER:
            await asyncio.sleep(fault.hang_seconds)
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
