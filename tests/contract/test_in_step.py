"""Domain, rules, code, catalogue and wording name the same things."""

import re
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from desk.domain.catalogue_rules import CATEGORY_IDS, SERVICE_IDS
from desk.domain.clocks import ClockName
from desk.domain.draft import ORDER, DraftField
from desk.domain.draft_answers import Problem
from desk.domain.draft_meaning import SHAPE_OF, SOUND_OF, TABLE, Shape
from desk.domain.facts import Topic
from desk.domain.lifecycle import Identity, Kind, NoteCode, OutcomeCode, RefusalCode, Status
from desk.domain.presses.citizens import CITIZEN_PRESSES, Means
from desk.domain.presses.pending import AnonymityAsked, ContinuationAsked, Pending
from desk.services.talk import rights
from desk.services.talk.dialogue import ACTIONS, CONTINUES, PRESSES, STEPS
from desk.services.turns.courtesy import TEXT_OF
from desk.services.turns.request import COMMANDS
from desk.services.wording import Wording

ROOT = Path(__file__).resolve().parents[2]
CODE = [*ROOT.glob("desk/**/*.py"), *ROOT.glob("web/**/*.py"), *ROOT.glob("bot/**/*.py")]


@cache
def domain() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "domain.yml").read_text()))


@cache
def intents() -> frozenset[str]:
    return frozenset(
        next(iter(entry)) if isinstance(entry, dict) else entry for entry in domain()["intents"]
    )


@cache
def rules() -> dict[str, str]:
    """Return the action that the rules choose for each intent."""
    found = {}
    for path in (ROOT / "data" / "rules").glob("*.yml"):
        for rule in yaml.safe_load(path.read_text()).get("rules", ()):
            steps = rule["steps"]
            found[steps[0]["intent"]] = steps[1]["action"]
    return found


@cache
def wording() -> Wording:
    return Wording(ROOT / "data" / "replies")


@cache
def examples_by_intent() -> dict[str, int]:
    counts: dict[str, int] = {}
    for path in (ROOT / "data" / "nlu").glob("*.yml"):
        for block in yaml.safe_load(path.read_text())["nlu"]:
            number = block["examples"].count("\n- ") + block["examples"].startswith("- ")
            counts[block["intent"]] = counts.get(block["intent"], 0) + number
    return counts


def test_every_typed_intent_of_the_domain_has_at_least_sixty_examples() -> None:
    typed = intents() - {"nlu_fallback"}
    assert len(typed) == 27
    assert {name: n for name in typed if (n := examples_by_intent().get(name, 0)) < 60} == {}


def test_training_data_names_no_intent_outside_the_domain() -> None:
    assert set(examples_by_intent()) - intents() == set()


def test_every_intent_has_a_rule_and_every_rule_an_action_of_the_domain() -> None:
    assert set(rules()) == intents() | {"nlu_fallback"}
    assert set(rules().values()) <= set(domain()["actions"])


def test_every_action_of_the_domain_is_a_step_of_the_desk_and_the_other_way_round() -> None:
    assert set(STEPS) == set(domain()["actions"])


def test_the_desk_takes_the_step_of_an_intent_that_rasa_takes_by_its_rules() -> None:
    assert rules() == ACTIONS


def test_the_rules_send_each_topic_to_guidance() -> None:
    assert {rules()[topic.intent] for topic in Topic} == {"action_jawab_layanan"}


def test_the_meaning_table_knows_every_intent_and_every_field() -> None:
    assert set(SOUND_OF) == intents() | {"nlu_fallback"}
    assert set(SHAPE_OF) == set(DraftField)
    assert set(TABLE) == set(Shape)
    assert set(ORDER) == set(Kind)


def test_commands_and_buttons_stand_for_intents_of_the_domain() -> None:
    commands = {press.intent for press in COMMANDS.values() if isinstance(press, Means)}
    named = {
        found for path in CODE for found in re.findall(r'Means\(\s*"([a-z_]+)"', path.read_text())
    }
    assert named  # the pattern still finds buttons
    assert commands | named <= intents()


def test_every_button_of_citizens_and_every_question_to_them_has_a_step() -> None:
    # What Means says is in the table of intents; citizens' rights come before all steps.
    assert {*PRESSES, Means, *rights.PRESSES} == set(CITIZEN_PRESSES)
    about_drafts = {ContinuationAsked, AnonymityAsked}
    assert {*CONTINUES, *about_drafts} == set(get_args(Pending))


def test_every_small_talk_intent_has_a_response() -> None:
    small_talk = {name for name, action in rules().items() if action == "action_jawab_basa_basi"}
    assert {f"basa_basi.{name}" for name in small_talk - {"bantuan"}} <= wording().keys


@pytest.mark.parametrize(
    "key",
    [
        *(f"masalah.{problem}" for problem in Problem),
        *(f"tanya.uraian_{kind}" for kind in Kind),
        *(f"tombol.{identity}" for identity in Identity),
        *(f"bidang.{field}" for field in DraftField if field not in {"persetujuan", "konfirmasi"}),
        *TEXT_OF.values(),
    ],
)
def test_every_text_that_code_builds_the_key_of_exists(key: str) -> None:
    assert key in wording().keys


def test_every_text_that_code_names_exists() -> None:
    named = {
        key
        for path in CODE
        for key in re.findall(r'(?:say|plain)\(\s*"([a-z_.]+)"', path.read_text())
    }
    assert len(named) > 50
    assert named - wording().keys == set()


def test_places_services_and_categories_of_the_model_are_those_of_the_catalogue() -> None:
    data = [yaml.safe_load(p.read_text())["nlu"] for p in (ROOT / "data" / "nlu").glob("*.yml")]
    labels = [block.get("metadata", {}) for blocks in data for block in blocks]
    assert {label["layanan"] for label in labels if "layanan" in label} == set(SERVICE_IDS)
    assert {label["kategori"] for label in labels if "kategori" in label} == set(CATEGORY_IDS)
    nicknames = yaml.safe_load((ROOT / "nlu" / "resources" / "layanan.yml").read_text())
    assert set(SERVICE_IDS) <= set(nicknames) | set(nicknames.get("layanan", ()))


def test_every_state_has_words_of_its_own_for_the_citizen() -> None:
    names = {wording().say(f"keadaan.{status}", sendiri=True) for status in Status}
    assert len(names) == len(Status)
    meanings = {wording().say(f"keadaan.{status}.arti") for status in Status}
    assert all(meaning.endswith(".") for meaning in meanings)
    written = {key.split(".")[1] for key in wording().keys if key.startswith("keadaan.")}
    assert written == set(Status)


def test_who_did_not_file_a_ticket_is_not_spoken_to_as_if_they_had() -> None:
    others = [wording().say(f"keadaan.{status}", sendiri=False) for status in Status]
    assert [name for name in others if "Anda" in name] == []


def test_every_reason_of_a_move_has_words_and_no_other_has() -> None:
    written = {key for key in wording().keys if key.startswith("alasan.")}
    assert written == {f"alasan.{code}" for code in (*OutcomeCode, *RefusalCode, *NoteCode)}


@pytest.mark.parametrize(
    "key",
    [
        *(f"kabar.{event}" for event in (*Status, *NoteCode)),
        *(f"kabar.aturan.{clock}" for clock in ClockName),
        *(f"petugas_tiket.jam.{clock}" for clock in ClockName),
    ],
)
def test_every_state_has_news_and_every_clock_a_rule(key: str) -> None:
    assert key in wording().keys
