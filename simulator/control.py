"""The control API under ``/control``, for tests in another process and for engineers' hands.

All bodies are JSON. File contents travel as base64 in ``content`` (albums: ``photos``).

======  =====================================  ==================================================
verb    path                                   what it does
======  =====================================  ==================================================
POST    /control/users                         make a person: id, first_name, last_name, username
POST    /control/users/{id}/{act}              act: start send_text forward_text send_photo
                                               send_album send_document send_voice send_video
                                               send_sticker send_location send_contact send_poll
                                               edit press press_data block unblock deactivate
                                               mark_read; arguments by the names of `Person`'s
                                               methods, ``chat`` is a group's id
GET     /control/users/{id}/inbox              the bot's messages as they stand
GET     /control/users/{id}/wait               text=…|count=…, timeout=…, chat=…, thread=…;
                                               408 with an explanation when it does not come
POST    /control/groups                        make a group: id, title, forum, members, bot_status
POST    /control/groups/{id}/{act}             act: add remove add_bot remove_bot create_topic
                                               close_topic delete_topic move; ``person`` or
                                               ``by`` is a user's id
GET     /control/groups/{id}/messages          thread=…
GET     /control/groups/{id}/wait              as for users
POST    /control/faults                        order a fault: kind, times, method, chat_id, …
DELETE  /control/faults                        take all orders back
PATCH   /control/settings                      limits: {…}, delivery: {…}, latency, privacy_mode
POST    /control/advance                       seconds: let time pass
GET     /control/calls                         method=…, chat_id=…: the bot's calls
GET     /control/timeline                      calls and acts, one line each
GET     /control/state                         webhook, pending updates, topics, commands
======  =====================================  ==================================================
"""

import base64
import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from aiohttp import web

from simulator.authoring import NotPossible
from simulator.callbacks import Press
from simulator.groups import Group
from simulator.inbox import InboxMessage
from simulator.people import Person
from simulator.simulation import Simulation
from simulator.world import StoredMessage, Topic

Json = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PERSON_ACTS = frozenset(
    {
        "start",
        "send_text",
        "forward_text",
        "send_photo",
        "send_album",
        "send_document",
        "send_voice",
        "send_video",
        "send_sticker",
        "send_location",
        "send_contact",
        "send_poll",
        "edit",
        "press",
        "press_data",
        "block",
        "unblock",
        "deactivate",
        "mark_read",
    }
)
GROUP_ACTS = frozenset(
    {
        "add",
        "remove",
        "add_bot",
        "remove_bot",
        "create_topic",
        "close_topic",
        "delete_topic",
        "move",
        "mark_read",
    }
)


def control_routes(sim: Simulation) -> Sequence[web.AbstractRouteDef]:
    """Return the routes that control *sim*."""
    table: Sequence[tuple[str, str, Callable[[Simulation, web.Request], Awaitable[Any]]]] = (
        ("POST", "/control/users", _make_user),
        ("POST", "/control/users/{id}/{act}", _act_as_person),
        ("GET", "/control/users/{id}/inbox", _inbox),
        ("GET", "/control/users/{id}/wait", _wait_as_person),
        ("POST", "/control/groups", _make_group),
        ("POST", "/control/groups/{id}/{act}", _act_in_group),
        ("GET", "/control/groups/{id}/messages", _group_messages),
        ("GET", "/control/groups/{id}/wait", _wait_in_group),
        ("POST", "/control/faults", _order_fault),
        ("DELETE", "/control/faults", _clear_faults),
        ("PATCH", "/control/settings", _change_settings),
        ("POST", "/control/advance", _advance),
        ("GET", "/control/calls", _calls),
        ("GET", "/control/timeline", _timeline),
        ("GET", "/control/state", _state),
    )
    return [web.route(verb, path, partial(_serve, sim, handler)) for verb, path, handler in table]


async def _serve(
    sim: Simulation,
    handler: Callable[[Simulation, web.Request], Awaitable[Any]],
    request: web.Request,
) -> web.StreamResponse:
    if request.remote not in ("127.0.0.1", "::1"):
        raise web.HTTPForbidden
    try:
        return web.json_response(await handler(sim, request))
    except AssertionError as error:
        return web.json_response({"error": str(error)}, status=408)
    except (NotPossible, TypeError, ValueError) as error:
        return web.json_response({"error": str(error)}, status=400)


async def _body(request: web.Request) -> Json:
    body = await request.json() if request.can_read_body else {}
    if not isinstance(body, dict):
        raise TypeError("a JSON object is wanted")
    return body


def _person(sim: Simulation, user_id: int | str) -> Person:
    person = sim.people.get(int(user_id))
    if person is None:
        raise NotPossible(f"no user {user_id}")
    return person


def _group(sim: Simulation, group_id: int | str) -> Group:
    group = sim.groups.get(int(group_id))
    if group is None:
        raise NotPossible(f"no group {group_id}")
    return group


def _arguments(sim: Simulation, body: Json) -> Json:
    """Turn ids into groups and people, and base64 into bytes."""
    readers: dict[str, Callable[[Any], Any]] = {
        "chat": partial(_group, sim),
        "person": partial(_person, sim),
        "by": partial(_person, sim),
        "author": partial(_person, sim),
        "content": base64.b64decode,
        "photos": lambda photos: [base64.b64decode(photo) for photo in photos],
        "location": tuple,
    }
    return {
        name: readers[name](value) if name in readers else value for name, value in body.items()
    }


async def _perform(target: Person | Group, allowed: frozenset[str], act: str, args: Json) -> Any:
    if act not in allowed:
        raise NotPossible(f"unknown act {act}")
    result = getattr(target, act)(**args)
    return _show(await result if inspect.isawaitable(result) else result)


def _show(result: Any) -> Any:
    match result:
        case list():
            return [_show(item) for item in result]
        case StoredMessage():
            return result.wire
        case Press():
            return {"query_id": result.query_id, "data": result.data}
        case Topic():
            return asdict(result)
        case InboxMessage():
            shown = asdict(result)
            return shown | {"date": result.date.isoformat()}
    return result


async def _make_user(sim: Simulation, request: web.Request) -> Any:
    return sim.user(**await _body(request)).account.wire()


async def _act_as_person(sim: Simulation, request: web.Request) -> Any:
    person = _person(sim, request.match_info["id"])
    arguments = _arguments(sim, await _body(request))
    return await _perform(person, PERSON_ACTS, request.match_info["act"], arguments)


async def _inbox(sim: Simulation, request: web.Request) -> Any:
    return _show(_person(sim, request.match_info["id"]).inbox)


async def _wait(waiter: Person | Group, request: web.Request, extra: Json) -> Any:
    query = request.query
    wanted: str | int = int(query["count"]) if "count" in query else query.get("text", "")
    thread = int(query["thread"]) if "thread" in query else None
    seconds = float(query.get("timeout", "5"))
    return _show(await waiter.wait_for(wanted, timeout=seconds, thread=thread, **extra))


async def _wait_as_person(sim: Simulation, request: web.Request) -> Any:
    chat = {"chat": _group(sim, request.query["chat"])} if "chat" in request.query else {}
    return await _wait(_person(sim, request.match_info["id"]), request, chat)


async def _make_group(sim: Simulation, request: web.Request) -> Any:
    body = await _body(request)
    body["members"] = [_person(sim, user_id) for user_id in body.get("members", [])]
    return sim.group(**body).chat.wire()


async def _act_in_group(sim: Simulation, request: web.Request) -> Any:
    group = _group(sim, request.match_info["id"])
    arguments = _arguments(sim, await _body(request))
    return await _perform(group, GROUP_ACTS, request.match_info["act"], arguments)


async def _group_messages(sim: Simulation, request: web.Request) -> Any:
    thread = int(request.query["thread"]) if "thread" in request.query else None
    return _show(_group(sim, request.match_info["id"]).messages(thread=thread))


async def _wait_in_group(sim: Simulation, request: web.Request) -> Any:
    return await _wait(_group(sim, request.match_info["id"]), request, {})


async def _order_fault(sim: Simulation, request: web.Request) -> Any:
    return asdict(sim.faults.add(**await _body(request)))


async def _clear_faults(sim: Simulation, request: web.Request) -> Any:
    sim.faults.clear()
    return True


async def _change_settings(sim: Simulation, request: web.Request) -> Any:
    body = await _body(request)
    sim.limits = replace(sim.limits, **body.get("limits", {}))
    known = asdict(sim.delivery)
    for name, value in body.get("delivery", {}).items():
        if name not in known:
            raise NotPossible(f"unknown delivery setting {name}")
        setattr(sim.delivery, name, value)
    sim.faults.latency = float(body.get("latency", sim.faults.latency))
    sim.privacy_mode = bool(body.get("privacy_mode", sim.privacy_mode))
    return {"limits": asdict(sim.limits), "delivery": asdict(sim.delivery)}


async def _advance(sim: Simulation, request: web.Request) -> Any:
    sim.clock.advance(float((await _body(request))["seconds"]))
    return sim.clock.now().isoformat()


async def _calls(sim: Simulation, request: web.Request) -> Any:
    wanted = request.query.get("method")
    chat = request.query.get("chat_id")
    return [
        asdict(call) | {"at": call.at.isoformat(), "ok": call.ok}
        for call in sim.calls
        if wanted in (None, call.method) and chat in (None, str(call.chat_id))
    ]


async def _timeline(sim: Simulation, request: web.Request) -> Any:
    return [str(event) for event in sim.timeline]


async def _state(sim: Simulation, request: web.Request) -> Any:
    return {
        "webhook_url": sim.webhook_url,
        "pending_updates": sim.pending_updates,
        "users": [person.account.wire() for person in sim.people.values()],
        "groups": [
            group.chat.wire() | {"topics": [asdict(topic) for topic in group.topics.values()]}
            for group in sim.groups.values()
        ],
        "commands": list(sim.profile.commands.values()),
    }
