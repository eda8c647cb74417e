"""The command line: what is in the way is one sentence, and the exit code is not 0."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from desk.settings import ROOT, Settings
from sapa import cli
from sapa.doctor import told_of
from sapa.errors import OperatorError
from sapa.ports import Demand, check_ports, demands, local_rasa_ports
from sapa.roles import ALL_ROLES, Role, parse_roles
from sapa.telegram_token import TelegramState, check_token
from simulator.system import free_port


@pytest.fixture
def sapa(monkeypatch, capsys, tmp_path):
    """Run a command in a folder of its own; gives the exit code, stdout and stderr."""

    def run(*arguments, var_dir=tmp_path / "var", **environment):
        monkeypatch.setenv("SAPA_VAR_DIR", str(var_dir))
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["sapa", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return ended.value.code or 0, printed.out, printed.err

    return run


def test_help_names_the_commands(sapa):
    code, out, _ = sapa("--help")
    assert code == 0
    for command in ("serve", "run", "db", "catalogue", "nlu"):
        assert command in out


@pytest.mark.parametrize("command", [["run"], ["serve"], ["db", "upgrade"]])
def test_a_wrong_setting_ends_every_command_with_one_sentence(sapa, command):
    code, _, err = sapa(*command, SAPA_HTTP_PORT="eight")
    assert code == 2
    assert err == (
        "Error: SAPA_HTTP_PORT must be a port number from 1 to 65535, not 'eight': "
        "correct it in the environment.\n"
    )


@pytest.mark.parametrize("setting", ["SAPA_HTTP_PORT", "SAPA_MONITOR_PORT"])
def test_a_taken_port_ends_the_start_and_names_its_setting(sapa, setting):
    free = {name: str(free_port()) for name in ("SAPA_HTTP_PORT", "SAPA_ACTIONS_PORT")}
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        code, _, err = sapa("run", **{**free, setting: str(port)})
    assert code == 1
    assert err.startswith(f"Error: Port {port} on 127.0.0.1 is taken")
    assert f"set {setting} in .env to a free port" in err


def test_a_role_that_does_not_exist_is_told_with_those_that_do(sapa):
    code, _, err = sapa("serve", "--roles", "web,mail")
    assert code == 2
    assert err == (
        "Error: --roles must be a comma separated list of web, bot, worker, actions, not mail.\n"
    )


def test_split_roles_without_a_shared_key_are_refused(sapa):
    code, _, err = sapa("serve", "--roles", "web")
    assert code == 2
    assert err.startswith("Error: SAPA_SECRET_KEY must be set when the roles are split")


def test_the_database_is_migrated_and_migrating_again_changes_nothing(sapa, tmp_path):
    first = _exit_of_migration(tmp_path)
    second = _exit_of_migration(tmp_path)
    assert (first, second) == (0, 0)
    assert (tmp_path / "var" / "sapa.db").exists()


def _exit_of_migration(folder):
    environment = {**os.environ, "SAPA_VAR_DIR": str(folder / "var")}
    command = [sys.executable, "-m", "sapa", "db", "upgrade"]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True).returncode


def test_a_backup_comes_back_into_an_empty_place_with_its_key(sapa, tmp_path):
    _exit_of_migration(tmp_path)
    code, out, err = sapa("backup", str(tmp_path / "sapa.zip"))
    assert (code, err) == (0, "")
    assert f"Written: {tmp_path / 'sapa.zip'}" in out
    elsewhere = tmp_path / "elsewhere"
    code, _, err = sapa("restore", str(tmp_path / "sapa.zip"), var_dir=elsewhere)
    assert (code, err) == (0, "")
    key = (tmp_path / "var" / "secret-key").read_text()
    assert (elsewhere / "secret-key").read_text() == key


def test_backups_that_outlived_their_time_go_but_never_the_newest_nor_other_files(sapa, tmp_path):
    _exit_of_migration(tmp_path)
    folder = tmp_path / "var" / "backup"
    folder.mkdir(parents=True)
    old = [folder / f"sapa-2020010{day}-120000.zip" for day in (1, 2, 3)]
    others = [folder / "sapa-lama.zip", folder / "sapa-20200101-120000.zip.txt"]
    for file in (*old, *others):
        file.touch()

    _, told, _ = sapa("retention", "--dry-run")
    assert re.search(r"backups .* 30 +2 *\n", told)
    assert all(file.exists() for file in old)
    _, told, _ = sapa("retention")
    assert re.search(r"backups .* 30 +2 *\n", told)
    assert [file.exists() for file in old] == [False, False, True]

    code, told, _ = sapa("backup")
    assert code == 0
    assert "Removed: 1 older ones, kept for more than 30 days." in told
    assert not old[2].exists()
    assert all(file.exists() for file in others)
    assert len(list(folder.glob("sapa-2*.zip"))) == 1


def test_a_backup_never_overwrites_a_file(sapa, tmp_path):
    (tmp_path / "sapa.zip").write_text("precious")
    code, _, err = sapa("backup", str(tmp_path / "sapa.zip"))
    assert (code, err) == (
        1,
        f"Error: {tmp_path / 'sapa.zip'} exists already: name another file.\n",
    )


def test_a_database_without_schema_cannot_be_backed_up_and_says_why(sapa, tmp_path):
    code, _, err = sapa("backup", str(tmp_path / "sapa.zip"))
    assert code == 1
    assert "run `sapa db upgrade` first" in err
    assert not (tmp_path / "sapa.zip").exists()


@pytest.mark.parametrize("content", [None, b"no archive"])
def test_what_is_no_backup_is_not_restored(sapa, tmp_path, content):
    file = tmp_path / "sapa.zip"
    if content:
        file.write_bytes(content)
    code, _, err = sapa("restore", str(file))
    assert code == 1
    assert str(file) in err


def test_the_catalogue_that_we_ship_has_no_faults(sapa):
    code, out, _ = sapa("catalogue", "check")
    assert (code, out) == (0, "The catalogue has no faults.\n")


def test_faults_of_a_catalogue_are_named_and_the_check_fails(sapa, tmp_path):
    code, out, err = sapa("catalogue", "check", str(tmp_path))
    assert code == 1
    assert "instansi.yml" in out
    assert err.startswith("Error: The catalogue has ")


def test_a_file_that_cannot_be_evaluated_is_told_before_any_rasa_starts(sapa, tmp_path):
    file = tmp_path / "labelled.jsonl"
    file.write_text(json.dumps({"intent": "salam"}))
    code, _, err = sapa("nlu", "evaluate", str(file))
    assert code == 2
    assert f"{file}, line 1: write it as" in err


def test_a_page_about_intents_needs_a_file_that_names_some(sapa, tmp_path):
    file = tmp_path / "labelled.jsonl"
    file.write_text(json.dumps({"text": "jalan rusak", "kategori": "jalan_jembatan"}))
    code, _, err = sapa("nlu", "evaluate", str(file), "--report", str(tmp_path / "page.html"))
    assert code == 2
    assert f"{file} names no intent" in err


def test_the_doctor_says_for_each_fault_what_to_do(sapa, tmp_path):
    _exit_of_migration(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
    nobody = f"http://127.0.0.1:{port}"
    code, out, err = sapa("doctor", SAPA_RASA_URL=nobody, SAPA_MONITOR_PORT=str(port))
    assert code == 1
    assert "ok  database: newest schema" in out
    assert f" x  Rasa at {nobody}: does not answer: start it" in out
    assert f" x  gateway at {nobody}: does not answer: start it" in out
    assert "ok  Telegram: off" in out
    assert "need attention" in err


def test_roles_are_read_with_spaces_and_capitals():
    assert parse_roles(" Web, worker ") == {Role.WEB, Role.WORKER}
    assert parse_roles(",".join(ALL_ROLES)) == ALL_ROLES


@pytest.mark.parametrize("text", ["", " , "])
def test_no_role_at_all_is_refused(text):
    with pytest.raises(OperatorError):
        parse_roles(text)


def test_free_ports_pass():
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
    check_ports([Demand("127.0.0.1", port, "SAPA_HTTP_PORT")])


def test_a_port_asked_for_twice_is_told_with_both_settings():
    with socket.create_server(("127.0.0.1", 0)) as holder:
        free = holder.getsockname()[1]
    twice = [Demand("127.0.0.1", free, name) for name in ("SAPA_HTTP_PORT", "SAPA_RASA_URL")]
    with pytest.raises(OperatorError, match="asked for by SAPA_HTTP_PORT and by SAPA_RASA_URL"):
        check_ports(twice)


def test_an_address_that_is_not_ours_is_told():
    with pytest.raises(OperatorError, match=r"on 192\.0\.2\.1 cannot be listened on"):
        check_ports([Demand("192.0.2.1", 0, "SAPA_HTTP_PORT")])


def test_only_rasas_of_this_machine_are_started_here():
    settings = Settings(
        rasa_url="http://127.0.0.1:5005,http://rasa.internal:5005,http://[::1]:5006"
    )
    assert local_rasa_ports(settings) == [5005, 5006]
    assert [d.port for d in demands(settings)] == [8080, 5055, 8081, 5005, 5006]


@pytest.fixture
async def ask_telegram():
    """Check a token against a Bot API that answers everything in one way."""
    async with contextlib.AsyncExitStack() as stack:

        async def ask(status, **answer):
            asked = []

            async def handle(request):
                asked.append(request.path)
                return web.Response(status=status, **answer)

            app = web.Application()
            app.router.add_route("*", "/{tail:.*}", handle)
            server = await stack.enter_async_context(TestServer(app))
            url = str(server.make_url("")).rstrip("/")
            settings = Settings(telegram_token="123:abc", telegram_api_url=url)
            return await check_token(settings), url, asked

        yield ask


def me(**bot):
    return {"body": json.dumps({"ok": True, "result": {"username": "SapaMamujuBot", **bot}})}


async def test_without_a_token_telegram_is_not_asked():
    assert await check_token(Settings()) == TelegramState()


async def test_a_right_token_gives_the_name_of_the_bot(ask_telegram):
    state, _, asked = await ask_telegram(200, **me())
    assert state == TelegramState(username="SapaMamujuBot")
    assert asked == ["/bot123:abc/getMe"]


@pytest.mark.parametrize(
    ("has_topics", "of_users", "told"),
    [(False, False, []), (True, False, [None]), (True, True, ["disallow users"])],
)
async def test_the_doctor_advises_against_topics_that_citizens_may_open(
    ask_telegram, has_topics, of_users, told
):
    bot = me(has_topics_enabled=has_topics, allows_users_to_create_topics=of_users)
    state, _, _ = await ask_telegram(200, **bot)
    first, *others = [finding.advice for finding in told_of(state)]

    assert first is None
    assert [advice and advice[:14] for advice in others] == told


@pytest.mark.parametrize("status", [401, 404])
async def test_a_refused_token_ends_the_start_without_showing_it(ask_telegram, status):
    with pytest.raises(OperatorError, match="Telegram refuses the token") as caught:
        await ask_telegram(status, body='{"ok": false}')
    assert "123:abc" not in str(caught.value)


async def test_an_address_where_nobody_answers_is_a_warning_since_it_may_come_back():
    state = await check_token(
        Settings(telegram_token="123:abc", telegram_api_url="http://127.0.0.1:1")
    )
    assert state.username is None
    assert "http://127.0.0.1:1 does not answer as a Bot API" in state.warning
    assert "123:abc" not in state.warning


@pytest.mark.parametrize(("status", "body"), [(502, "bad gateway"), (200, "another program")])
async def test_an_api_that_answers_no_bot_is_a_warning_since_it_may_come_back(
    ask_telegram, status, body
):
    state, url, _ = await ask_telegram(status, body=body)
    assert state.username is None
    assert f"{url} does not answer as a Bot API" in state.warning
    assert "123:abc" not in state.warning


ANI = ("officer", "add", "--telegram-id", "7", "--name", "Ani Uji")


def test_an_officer_is_registered_and_named_in_the_list(sapa):
    assert sapa(*ANI, "--role", "petugas", "--instansi", "disdukcapil")[0] == 0
    assert sapa(*ANI, "--role", "admin")[0] == 0

    code, out, _ = sapa("officer", "list")

    assert code == 0
    assert out == "7  Ani Uji  admin, petugas (disdukcapil)\n"


@pytest.mark.parametrize(
    ("role", "office", "reason"),
    [
        ("petugas", (), "A petugas belongs to an office: add --instansi ID."),
        ("supervisor", (), "A supervisor belongs to an office: add --instansi ID."),
        ("petugas", ("--instansi", "dukcapil"), "Did you mean disdukcapil?"),
    ],
)
def test_an_officer_of_no_known_office_is_refused_with_the_way_to_the_ids(
    sapa, role, office, reason
):
    code, _, err = sapa(*ANI, "--role", role, *office)
    assert code == 2
    assert reason in err
    assert "data/catalogue/instansi.yml" in err


def test_retention_shows_what_would_be_removed_and_then_removes_it(sapa):
    assert sapa("db", "upgrade")[0] == 0
    code, out, _ = sapa("retention", "--dry-run", SAPA_RETENTION_MESSAGES_DAYS="7")
    assert code == 0
    assert re.search(r"messages_in +messages of citizens, emptied +7 +0 *\n", out)
    assert "would be removed" in out
    code, out, _ = sapa("retention")
    assert code == 0
    assert re.search(r"identities_of_closed_tickets .* 365 +0 *\n", out)


def test_retention_needs_the_newest_schema(sapa):
    code, _, err = sapa("retention", "--dry-run")
    assert code == 1
    assert "run `sapa db upgrade` first" in err


def test_an_officer_is_suspended_but_the_last_admin_stays(sapa):
    sapa(*ANI, "--role", "admin")
    last = sapa("officer", "suspend", "--telegram-id", "7")
    unknown = sapa("officer", "suspend", "--telegram-id", "9")
    sapa("officer", "add", "--telegram-id", "8", "--name", "Budi Uji", "--role", "admin")

    code, out, _ = sapa("officer", "suspend", "--telegram-id", "7")

    assert (last[0], unknown[0], code) == (1, 1, 0)
    assert "last admin" in last[2]
    assert "`sapa officer list`" in unknown[2]
    assert out == "7  Ani Uji  admin  [suspended]\n"
