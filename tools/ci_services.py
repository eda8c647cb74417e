"""Gives a bare Debian machine what the full tests need: ``python3 -m tools.ci_services start``.

Chromium and PostgreSQL come from apt. A PostgreSQL that answers already is used; else a private
one is started under an unprivileged user, and ``var/ci.env`` tells ``make test`` where.
"""

from __future__ import annotations

import getpass
import glob
import hashlib
import os
import pwd
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Sequence

from tools.environment import ROOT, heartbeat, say
from tools.pythons import SetupError, output_of

CI_ENV = ROOT / "var" / "ci.env"
NAME = "SAPA_TEST_POSTGRES_URL"
SCHEME = "postgresql+asyncpg://"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: Outside the project: an unprivileged user may not be able to enter its folder.
CLUSTERS = Path("/var/tmp")  # noqa: S108 - each is named by its project's folder, mode 0700
CLUSTER = CLUSTERS / ("sapa-postgres-" + hashlib.sha256(str(ROOT).encode()).hexdigest()[:10])
NEEDS_RIGHT = "SELECT 1 FROM pg_roles WHERE rolname = current_user AND (rolcreatedb OR rolsuper)"


def start() -> None:
    """Install and start what is missing; safe to repeat."""
    found = find_postgresql()
    missing = []
    if not any(shutil.which(name) for name in BROWSERS):
        missing += ["chromium", "fonts-dejavu-core"]
    if found is None and postgresql_program("initdb") is None:
        missing.append("postgresql")
    if output_of([sys.executable, "-c", "import ensurepip; print('ok')"]) is None:
        missing.append("python3-venv")
    if missing:
        install(missing)
    if found is None:
        found = start_cluster()
    CI_ENV.parent.mkdir(parents=True, exist_ok=True)
    CI_ENV.write_text("export %s ?= %s\n" % (NAME, found), encoding="utf-8")
    say("PostgreSQL for the tests: %s" % found)


def stop() -> None:
    """End the private PostgreSQL and remove its data."""
    pg_ctl = postgresql_program("pg_ctl")
    if pg_ctl and CLUSTER.exists():
        run(as_owner([pg_ctl, "-D", str(CLUSTER / "data"), "-m", "immediate", "stop"]), fail=False)
    shutil.rmtree(str(CLUSTER), ignore_errors=True)
    if CI_ENV.exists():
        CI_ENV.unlink()


def run(command: Sequence[str], *, fail: bool = True, text: str | None = None) -> None:
    """Run a step; its output is shown only when it fails.

    Raises:
        SetupError: It failed, unless *fail* says that this is no matter.
    """
    done = subprocess.run(  # noqa: S603 - our own commands, no shell
        list(command),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if fail and done.returncode != 0:
        sys.stderr.write(done.stdout)
        raise SetupError(text or "%s failed; its output stands above." % " ".join(command))


def install(packages: Sequence[str]) -> None:
    """Install Debian packages, as root or with sudo.

    Raises:
        SetupError: This is no Debian, or there is no right to install.
    """
    names = " ".join(packages)
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if not shutil.which("apt-get") or (sudo and not shutil.which("sudo")):
        raise SetupError("The full tests need %s: install them and run again." % names)
    say("Installing %s" % names)
    apt = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    failure = "apt-get could not install %s: install them by hand and run again." % names
    with heartbeat("still installing"):
        run([*apt, "update"], fail=False)  # an old list may do
        run([*apt, "install", "-y", "--no-install-recommends", *packages], text=failure)


def find_postgresql() -> str | None:
    """Return the URL of a PostgreSQL that answers and lets us make databases."""
    candidates = [os.environ.get(NAME, ""), _noted()]
    candidates += ["%s%s@127.0.0.1:5432/test" % (SCHEME, user) for user in ("root", _user())]
    psql = postgresql_program("psql")
    for url in filter(None, candidates):
        plain = "postgresql://" + url.split("://", 1)[-1]
        if psql and output_of([psql, "-w", "-Atc", NEEDS_RIGHT, plain]) == "1":
            return url
    return None


def start_cluster() -> str:
    """Start a private PostgreSQL on a free port; its data is worth nothing and never synced."""
    initdb, pg_ctl = postgresql_program("initdb"), postgresql_program("pg_ctl")
    psql = postgresql_program("psql")
    if not (initdb and pg_ctl and psql):
        raise SetupError("PostgreSQL's initdb was not found: install postgresql and run again.")
    say("Starting a private PostgreSQL in %s" % CLUSTER)
    stop()
    CLUSTER.mkdir(mode=0o700)
    if os.geteuid() == 0:
        shutil.chown(str(CLUSTER), _owner())
    data = str(CLUSTER / "data")
    make = ["-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    run(as_owner([initdb, "-D", data, *make]))
    port = _free_port()
    options = "-p %d -h 127.0.0.1 -k %s -c fsync=off -c synchronous_commit=off" % (port, CLUSTER)
    log = str(CLUSTER / "log")
    run(as_owner([pg_ctl, "-D", data, "-l", log, "-o", options, "-w", "start"]))
    server = "postgresql://postgres@127.0.0.1:%d/postgres" % port
    run([psql, "-w", "-c", "CREATE DATABASE test", server])
    return "%spostgres@127.0.0.1:%d/test" % (SCHEME, port)


def postgresql_program(name: str) -> str | None:
    """Return the newest PostgreSQL's program; Debian keeps the server's off PATH."""
    found = glob.glob("/usr/lib/postgresql/*/bin/" + name)
    found.sort(key=lambda path: float(path.split("/")[4]))
    return found[-1] if found else shutil.which(name)


def as_owner(command: Sequence[str]) -> list[str]:
    """Return the command run by an unprivileged user: PostgreSQL refuses root."""
    return list(command) if os.geteuid() != 0 else ["runuser", "-u", _owner(), "--", *command]


def _owner() -> str:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise SetupError("There is no unprivileged user for PostgreSQL: add one called postgres.")


def _user() -> str:
    return getpass.getuser()


def _noted() -> str:
    try:
        return CI_ENV.read_text(encoding="utf-8").partition("?=")[2].strip()
    except OSError:
        return ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main(verb: str) -> int:
    """Start or stop from the command line."""
    try:
        {"start": start, "stop": stop}[verb]()
    except SetupError as error:
        sys.stderr.write("\nError: %s\n" % error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
