"""What a worker works with."""

from dataclasses import dataclass

from desk.services.ports import Bell, Files, Presence, Understander, UnitsOfWork
from desk.services.talk.offline import IsUrgent
from desk.services.tools import Tools
from desk.services.turns.pictures import ReEncode


@dataclass(frozen=True)
class Workshop:
    """Everything a worker needs."""

    units: UnitsOfWork
    tools: Tools
    rasa: Understander
    files: Files
    presence: Presence
    bell: Bell
    re_encode: ReEncode
    is_urgent: IsUrgent  #: the guard's word lists, for when Rasa is away
    name: str = "worker"
