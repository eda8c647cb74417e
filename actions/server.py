"""Serves the actions to Rasa over HTTP, on a loopback port, to callers that know the token."""

import hmac
import logging
from collections.abc import Sequence

from aiohttp import web
from rasa_sdk import Action
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

logger = logging.getLogger(__name__)

#: A call carries the tracker of a short session and the domain, no more.
MAX_CALL = 8 * 1024 * 1024


def create_app(actions: Sequence[Action], token: str) -> web.Application:
    """Return an application that answers `POST /webhook?token=…` as Rasa expects it."""
    executor = ActionExecutor()
    for action in actions:
        executor.register_action(action)

    async def webhook(request: web.Request) -> web.Response:
        given = request.query.get("token", "")
        if not hmac.compare_digest(given.encode(), token.encode()):
            return web.json_response({"error": "unauthorized"}, status=401)
        return await _run(executor, request)

    async def health(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    app = web.Application(client_max_size=MAX_CALL)
    app.add_routes([web.post("/webhook", webhook), web.get("/health", health)])
    return app


async def _run(executor: ActionExecutor, request: web.Request) -> web.Response:
    try:
        call = await request.json()
    except ValueError:
        return web.json_response({"error": "bad_json"}, status=400)
    try:
        result = await executor.run(call)
    except ActionExecutionRejection as rejection:
        body = {"error": "rejected", "action_name": rejection.action_name}
        return web.json_response(body, status=400)
    except ActionNotFoundException as missing:
        body = {"error": "unknown action", "action_name": missing.action_name}
        return web.json_response(body, status=404)
    except Exception as error:
        # The trace would carry the citizen's words in its locals and messages.
        logger.error("action broke: %s", type(error).__name__, extra={"where": _where(error)})
        return web.json_response({"error": "action_failed"}, status=500)
    return web.json_response(result.model_dump() if result else {})


def _where(error: BaseException) -> str:
    """Return file and line of the innermost frame, which name no citizen."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "?"
    return f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}"
