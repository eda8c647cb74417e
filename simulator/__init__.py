"""A Telegram Bot API test server with simulated people.

In the same process::

    async with BotApiServer() as server:
        citizen = server.sim.user(first_name="Ani")
        await citizen.send_text("halo")
        answer = await citizen.wait_for("Selamat")

From another process: ``python -m simulator --port 8081`` and the HTTP control API, which
`simulator.control` describes.
"""

from simulator.authoring import NotPossible
from simulator.callbacks import Press, PressAnswer
from simulator.calls import ApiCall, Event
from simulator.faults import Fault, FaultKind
from simulator.files import MediaKind
from simulator.groups import Group
from simulator.inbox import Button, InboxMessage
from simulator.limits import Limits
from simulator.people import Person
from simulator.server import DEFAULT_TOKEN, BotApiServer
from simulator.simulation import Simulation
from simulator.world import MemberStatus, Topic

__all__ = [
    "DEFAULT_TOKEN",
    "ApiCall",
    "BotApiServer",
    "Button",
    "Event",
    "Fault",
    "FaultKind",
    "Group",
    "InboxMessage",
    "Limits",
    "MediaKind",
    "MemberStatus",
    "NotPossible",
    "Person",
    "Press",
    "PressAnswer",
    "Simulation",
    "Topic",
]
