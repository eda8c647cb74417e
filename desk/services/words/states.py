"""A ticket's states in words: their names, and what they mean to who filed the ticket."""

from desk.domain.lifecycle import Status
from desk.services.tools import Tools


def state_name(tools: Tools, status: Status, *, is_own: bool = False) -> str:
    """Return a state's name for who filed the ticket, or else for officers and followers."""
    return tools.wording.plain(f"keadaan.{status}", sendiri=is_own)


def state_meaning(tools: Tools, status: Status) -> str:
    """Return what a state means now, for who filed the ticket."""
    return tools.wording.plain(f"keadaan.{status}.arti")
