"""Starts one Rasa server for Sapa: ``python -m nlu.serve --model FILE [--port N]``.

Loopback only, our channel only, no telemetry, redacted logs. It ends when its parent does, so
that a supervisor killed with ``kill -9`` leaves nothing behind.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
import time
from pathlib import Path

from nlu.redaction import install_redaction

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_ACTIONS_URL = "http://127.0.0.1:5055/webhook"

logger = logging.getLogger(__name__)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def end_with_parent(supervisor: int, *, every_s: float = 0.5) -> threading.Thread:
    """Watch the parent in a thread and leave at once when it, or *supervisor*, is gone."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent and _is_alive(supervisor):
            time.sleep(every_s)
        os._exit(3)

    thread = threading.Thread(target=watch, name="parent-watch", daemon=True)
    thread.start()
    return thread


def prepare_environment() -> str:
    """Set what Rasa reads from the environment; return the shared token.

    Raises:
        SystemExit: The token is missing.
    """
    token = os.environ.get("SAPA_RASA_TOKEN", "").strip()
    if not token:
        raise SystemExit("SAPA_RASA_TOKEN is empty: set it to the secret shared with the gateway.")
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ["SANIC_WORKERS"] = "1"
    os.environ.setdefault("SAPA_ACTIONS_URL", DEFAULT_ACTIONS_URL)
    os.environ.setdefault("SAPA_ACTIONS_TOKEN", "")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # Old libraries under Rasa complain about each other; nothing an operator could act on.
    os.environ["SQLALCHEMY_SILENCE_UBER_WARNING"] = "1"
    # Idle threads of one library must not take the core that another works on.
    os.environ.setdefault("OMP_NUM_THREADS", os.environ.get("SAPA_NLU_THREADS", "1"))
    return token


def serve(model: Path, *, port: int, token: str) -> None:
    """Run the server until it is told to stop."""
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.getLevelName(os.environ.get("SAPA_RASA_LOG_LEVEL", "INFO")))
    from nlu.mend import apply_mends

    apply_mends()
    from rasa.core.run import serve_application
    from rasa.core.utils import AvailableEndpoints

    serve_application(
        model_path=str(model),
        interface="127.0.0.1",
        port=port,
        credentials=str(ROOT / "credentials.yml"),
        endpoints=AvailableEndpoints.read_endpoints(str(ROOT / "endpoints.yml")),
        auth_token=token,
        enable_api=True,
        response_timeout=60,
    )


def main(arguments: list[str] | None = None) -> int:
    """Serve from the command line."""
    parser = argparse.ArgumentParser(prog="python -m nlu.serve", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="file made by nlu.training")
    parser.add_argument("--port", type=int, default=5005, help="port on 127.0.0.1")
    options = parser.parse_args(arguments)
    token = prepare_environment()
    if supervisor := os.environ.get("SAPA_PARENT_PID", ""):
        end_with_parent(int(supervisor))
    if not options.model.is_file():
        raise SystemExit(f"There is no model {options.model}: run python -m nlu.training first.")
    sys.path.insert(0, str(ROOT))
    install_redaction()
    serve(options.model.resolve(), port=options.port, token=token)
    return 0


if __name__ == "__main__":
    sys.exit(main())
