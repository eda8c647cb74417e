"""Methods by which the bot gets its updates."""

import re
from typing import Any

from simulator.backend import Backend
from simulator.errors import BadRequest, Conflict
from simulator.params import Params
from simulator.webhook import Webhook

_LONGEST_POLL_SECONDS = 50
_SECRET = re.compile(r"[A-Za-z0-9_-]{0,256}")


def _choose_kinds(backend: Backend, params: Params) -> None:
    backend.queue.choose_kinds(params.json("allowed_updates"))


async def get_updates(backend: Backend, params: Params) -> Any:
    """Return waiting updates, waiting up to ``timeout`` seconds for the first."""
    if backend.webhook.webhook is not None:
        raise Conflict(
            "can't use getUpdates method while webhook is active; use deleteWebhook to delete "
            "the webhook first"
        )
    _choose_kinds(backend, params)
    limit = min(max(params.integer("limit") or 100, 1), 100)
    seconds = min(max(params.integer("timeout") or 0, 0), _LONGEST_POLL_SECONDS)
    deadline = backend.clock.seconds() + seconds
    turn = backend.poll.claim()
    while True:
        reason = backend.poll.lost(turn)
        if reason is not None:
            raise Conflict(reason)
        updates = backend.queue.read(offset=params.integer("offset") or 0, limit=limit)
        left = deadline - backend.clock.seconds()
        if updates or left <= 0:
            return [update.wire() for update in updates]
        await backend.queue.changed.wait(left)


async def set_webhook(backend: Backend, params: Params) -> Any:
    """Deliver updates to an address from now on.

    Plain HTTP on any port is taken, as by a local Bot API server.
    """
    url = params.text("url")
    if not url:
        return await delete_webhook(backend, params)
    if not url.startswith(("http://", "https://")):
        raise BadRequest("bad webhook: An HTTPS URL must be provided for webhook")
    secret = params.text("secret_token")
    if not _SECRET.fullmatch(secret):
        raise BadRequest("secret token contains unallowed characters")
    _choose_kinds(backend, params)
    connections = params.integer("max_connections") or 40
    if params.flag("drop_pending_updates"):
        backend.queue.clear()
    backend.poll.interrupt("terminated by setWebhook request")
    await backend.webhook.set(
        Webhook(url=url, secret_token=secret, max_connections=min(max(connections, 1), 100))
    )
    return True


async def delete_webhook(backend: Backend, params: Params) -> Any:
    """Go back to polling."""
    if params.flag("drop_pending_updates"):
        backend.queue.clear()
    await backend.webhook.set(None)
    return True


async def get_webhook_info(backend: Backend, params: Params) -> Any:
    """Return how delivery goes."""
    webhook = backend.webhook.webhook
    info: dict[str, Any] = {
        "url": webhook.url if webhook else "",
        "has_custom_certificate": False,
        "pending_update_count": len(backend.queue.pending()),
    }
    if webhook is not None:
        info |= {"max_connections": webhook.max_connections, "ip_address": "127.0.0.1"}
    if backend.webhook.last_error is not None:
        date, message = backend.webhook.last_error
        info |= {"last_error_date": date, "last_error_message": message}
    if backend.queue.has_custom_kinds:
        info["allowed_updates"] = sorted(backend.queue.kinds)
    return info
