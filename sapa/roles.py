"""The parts of `sapa serve`, which may run in one process or in several."""

from enum import StrEnum

from sapa.errors import USAGE, OperatorError


class Role(StrEnum):
    """One part of the gateway."""

    WEB = "web"  #: portal, web chat, console, API
    BOT = "bot"  #: Telegram: receiving, and sending from the outbox
    WORKER = "worker"  #: works on waiting conversations, reminders, clean-up
    ACTIONS = "actions"  #: answers Rasa's calls, on a port of its own


ALL_ROLES = frozenset(Role)


def parse_roles(text: str) -> frozenset[Role]:
    """Return the roles in a comma separated list.

    Raises:
        OperatorError: A name is not a role, or there is none.
    """
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in list(Role)]
    if unknown or not names:
        wrong = f", not {', '.join(unknown)}" if unknown else ""
        raise OperatorError(
            f"--roles must be a comma separated list of {', '.join(Role)}{wrong}.",
            exit_code=USAGE,
        )
    return frozenset(Role(name) for name in names)
