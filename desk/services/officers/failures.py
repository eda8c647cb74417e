"""Tells officers what could not be delivered."""

import logging

from desk.domain.outgoing import OutboxMessage
from desk.services.ports import UnitOfWork
from desk.services.tools import Tools

logger = logging.getLogger(__name__)


async def tell_officers(uow: UnitOfWork, tools: Tools, message: OutboxMessage, why: str) -> None:
    """Note a failed delivery: "gone", "refused", "too_large" or "unreachable"."""
    logger.warning("a message was not delivered", extra={"outbox": message.id, "why": why})
