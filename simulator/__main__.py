"""Run the Bot API test server alone: ``python -m simulator --port 8081 [--talk]``.

`simulator.control` lists what can be ordered over HTTP under ``/control``.
"""

import argparse
import asyncio
import contextlib
import sys

from simulator.console import HELP, talk
from simulator.server import DEFAULT_TOKEN, BotApiServer


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--token", default=DEFAULT_TOKEN, help="the bot's token")
    parser.add_argument("--no-rates", action="store_true", help="no 429 for sending too fast")
    parser.add_argument("--talk", action="store_true", help="be a citizen in this terminal")
    return parser.parse_args()


async def _serve(arguments: argparse.Namespace) -> None:
    server = BotApiServer(token=arguments.token)
    if arguments.no_rates:
        server.sim.limits = server.sim.limits.without_rates()
    await server.start(arguments.port)
    try:
        sys.stdout.write(
            f"Bot API:  {server.url}\ncontrol:  {server.url}/control/state\n\n"
            f"SAPA_TELEGRAM_API_URL={server.url} SAPA_TELEGRAM_TOKEN={server.token} "
            "sapa serve\n\nCtrl-C ends.\n"
        )
        sys.stdout.flush()
        if arguments.talk:
            sys.stdout.write(f"{HELP}\n")
            await talk(server.sim.user(first_name="Warga"))
        else:
            await asyncio.Event().wait()
    finally:
        await server.stop()


def main() -> None:
    """Serve until interrupted."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(_arguments()))


if __name__ == "__main__":
    main()
