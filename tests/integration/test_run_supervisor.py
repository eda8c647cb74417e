"""The supervisor with real processes: ready together, started again, and nothing left behind."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from sapa.errors import OperatorError
from sapa.program import Program
from sapa.screen import Screen
from sapa.supervisor import Supervisor, Timing, running
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
QUICK = Timing(ready_within=15.0, ask_every=0.05, grace=1.0, first_pause=0.1, steady_after=60.0)

SERVER = """
import http.server, os, pathlib, sys
port, pids = int(sys.argv[1]), pathlib.Path(sys.argv[2])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *args): pass
server = http.server.HTTPServer(("127.0.0.1", port), Handler)
with pids.open("a") as file: file.write(f"{os.getpid()}\\n")
print("serving", flush=True)
server.serve_forever()
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
WITH_ORPHAN = """
import subprocess, sys
command = [sys.executable, "-c", "import time; time.sleep(60)"]
child = subprocess.Popen(command, start_new_session=True)
open(sys.argv[2] + ".orphan", "w").write(str(child.pid))
"""


class Desk:
    """Makes small servers in place of Rasa and the gateway, and knows their process ids."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.console = Console(file=(folder / "screen").open("w"), soft_wrap=True)
        self.screen = Screen(self.console)

    def program(self, name: str = "server", *, first: str = "") -> Program:
        port = free_port()
        command = (sys.executable, "-c", first + SERVER, str(port), str(self.folder / name))
        return self._program(name, command, port)

    def broken(self, name: str = "broken") -> Program:
        command = (sys.executable, "-c", "print('no model'); raise SystemExit(7)")
        return self._program(name, command, free_port())

    def silent(self, name: str = "silent") -> Program:
        command = (sys.executable, "-c", "import time; time.sleep(60)")
        return self._program(name, command, free_port())

    def _program(self, name: str, command: tuple[str, ...], port: int) -> Program:
        return Program(
            name=name,
            command=command,
            ready_url=f"http://127.0.0.1:{port}/",
            log_file=self.folder / "log" / f"{name}.log",
            environment=dict(os.environ),
        )

    def pids(self, name: str = "server") -> list[int]:
        path = self.folder / name
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    @property
    def printed(self) -> str:
        self.console.file.flush()
        return (self.folder / "screen").read_text()


@pytest.fixture
def desk(tmp_path: Path):
    desk = Desk(tmp_path)
    yield desk
    desk.console.file.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_running(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


async def test_all_programs_are_ready_before_anything_is_announced(desk):
    one, two = desk.program("one"), desk.program("two")
    seen = []

    def on_ready() -> None:
        seen.append([len(desk.pids("one")), len(desk.pids("two"))])
        press_ctrl_c()

    await Supervisor([one, two], desk.screen, timing=QUICK).run(on_ready)
    assert seen == [[1, 1]]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_ends_every_program(desk, number):
    programs = [desk.program("one"), desk.program("two")]
    await Supervisor(programs, desk.screen, timing=QUICK).run(lambda: os.kill(os.getpid(), number))
    assert [is_running(pid) for pid in desk.pids("one") + desk.pids("two")] == [False, False]


async def test_a_signal_during_the_start_ends_it(desk):
    asyncio.get_running_loop().call_later(0.5, press_ctrl_c)
    announced = []
    started = time.monotonic()
    supervisor = Supervisor([desk.silent()], desk.screen, timing=QUICK)
    await supervisor.run(lambda: announced.append(True))
    assert announced == []
    assert time.monotonic() - started < 5


async def test_a_program_that_ignores_the_request_to_end_is_killed(desk):
    await Supervisor([desk.program(first=STUBBORN)], desk.screen, timing=QUICK).run(press_ctrl_c)
    assert [is_running(pid) for pid in desk.pids()] == [False]


async def test_a_program_that_dies_is_started_again_and_said_so(desk):
    run = asyncio.create_task(
        Supervisor([desk.program()], desk.screen, timing=QUICK).run(lambda: None)
    )
    await until(lambda: "serving" in desk.printed or len(desk.pids()) == 1)
    await until(lambda: "done" in desk.printed)
    os.kill(desk.pids()[0], signal.SIGKILL)
    await until(lambda: len(desk.pids()) == 2)
    assert "server ended (SIGKILL): starting it again in 0.1 s" in desk.printed
    press_ctrl_c()
    await run
    assert [is_running(pid) for pid in desk.pids()] == [False, False]


async def test_a_program_that_ends_at_the_start_stops_all_and_shows_its_last_lines(desk):
    supervisor = Supervisor([desk.program(), desk.broken()], desk.screen, timing=QUICK)
    with pytest.raises(OperatorError, match="broken ended while it was starting") as caught:
        await supervisor.run(lambda: None)
    assert "exit code 7" in str(caught.value)
    assert "| no model" in str(caught.value)
    assert [is_running(pid) for pid in desk.pids()] in ([], [False])


async def test_a_program_that_is_never_ready_ends_the_start_in_time(desk):
    timing = Timing(ready_within=0.5, ask_every=0.05, grace=1.0)
    with pytest.raises(OperatorError, match=r"Not ready after 0\.5 s"):
        await Supervisor([desk.silent()], desk.screen, timing=timing).run(lambda: None)


async def test_lines_of_programs_are_kept_in_their_log_files(desk):
    await Supervisor([desk.program()], desk.screen, timing=QUICK).run(press_ctrl_c)
    assert (desk.folder / "log" / "server.log").read_text() == "serving\n"


async def test_one_program_runs_for_the_length_of_a_block(desk):
    async with running(desk.program(), desk.screen, timing=QUICK):
        assert [is_running(pid) for pid in desk.pids()] == [True]
    assert [is_running(pid) for pid in desk.pids()] == [False]


DRIVER = """
import asyncio, os, pathlib
from rich.console import Console
from sapa.program import Program
from sapa.screen import Screen
from sapa.supervisor import Supervisor
from sapa.tether import adopt_orphans

folder = pathlib.Path({folder!r})
program = Program(
    name="server",
    command={command!r},
    ready_url={ready_url!r},
    log_file=folder / "server.log",
    environment=dict(os.environ),
)
adopt_orphans()
supervisor = Supervisor([program], Screen(Console(quiet=True)))
asyncio.run(supervisor.run(lambda: (folder / "ready").touch()))
"""


def start_driver(program: Program, folder: Path) -> subprocess.Popen[bytes]:
    script = textwrap.dedent(DRIVER).format(
        folder=str(folder), command=program.command, ready_url=program.ready_url
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", script], env=environment)


async def test_kill_9_of_the_supervisor_leaves_nothing_behind(desk):
    driver = start_driver(desk.program(first=STUBBORN), desk.folder)
    await until((desk.folder / "ready").exists)
    assert [is_running(pid) for pid in desk.pids()] == [True]
    driver.kill()
    driver.wait()
    await until(lambda: not any(is_running(pid) for pid in desk.pids()))


async def test_what_a_program_left_in_a_group_of_its_own_ends_too(desk):
    driver = start_driver(desk.program(first=WITH_ORPHAN), desk.folder)
    await until((desk.folder / "ready").exists)
    orphan = int((desk.folder / "server.orphan").read_text())
    assert is_running(orphan)
    driver.terminate()
    assert driver.wait(timeout=10) == 0
    assert not is_running(orphan)
