"""Tells before the start that a port is taken, by whom, and which setting changes it."""

import errno
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import psutil

from desk.settings import Settings
from sapa.errors import OperatorError

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class Demand:
    """A port that will be listened on, and the setting that names it."""

    host: str
    port: int
    setting: str


def local_rasa_ports(settings: Settings) -> list[int]:
    """Return the ports of the Rasas that run on this machine."""
    addresses = [urlsplit(url) for url in settings.rasa_urls]
    return [parts.port or 80 for parts in addresses if parts.hostname in _LOOPBACK]


def demands(settings: Settings) -> list[Demand]:
    """Return every port that `sapa run` listens on."""
    rasa = [Demand("127.0.0.1", port, "SAPA_RASA_URL") for port in local_rasa_ports(settings)]
    return [
        citizens_port(settings),
        actions_port(settings),
        monitor_port(settings),
        *rasa,
    ]


def citizens_port(settings: Settings) -> Demand:
    """Return where citizens and Telegram come in."""
    return Demand(settings.http_host, settings.http_port, "SAPA_HTTP_PORT")


def actions_port(settings: Settings) -> Demand:
    """Return where Rasa calls our actions."""
    return Demand(settings.actions_host, settings.actions_port, "SAPA_ACTIONS_PORT")


def monitor_port(settings: Settings) -> Demand:
    """Return where monitors ask."""
    return Demand(settings.monitor_host, settings.monitor_port, "SAPA_MONITOR_PORT")


def check_ports(wanted: Iterable[Demand]) -> None:
    """Try every port.

    Raises:
        OperatorError: One is taken, asked for twice, or cannot be listened on.
    """
    seen: dict[int, str] = {}
    for demand in wanted:
        if other := seen.get(demand.port):
            raise OperatorError(
                f"Port {demand.port} is asked for by {other} and by {demand.setting}: "
                "give each a port of its own in .env."
            )
        seen[demand.port] = demand.setting
        _try(demand)


def _try(demand: Demand) -> None:
    family = socket.AF_INET6 if ":" in demand.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((demand.host, demand.port))
            probe.listen(1)
        except OSError as error:
            raise OperatorError(refusal(demand, error)) from None


def refusal(demand: Demand, error: OSError) -> str:
    """Say why a port cannot be listened on, and what to do."""
    place = f"Port {demand.port} on {demand.host}"
    if error.errno != errno.EADDRINUSE:
        return (
            f"{place} cannot be listened on ({error.strerror}): change {demand.setting} in .env."
        )
    return (
        f"{place} is taken{_holder(demand.port)}: stop that program, or set {demand.setting} "
        "in .env to a free port."
    )


def _holder(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            here = connection.laddr and connection.laddr.port == port
            if here and connection.status == psutil.CONN_LISTEN and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except psutil.Error:  # not ours to see
        pass
    return " by another program"
