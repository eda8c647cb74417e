"""Domain, rules, configuration and training data say the same to Rasa."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from desk.domain.catalogue_rules import CATEGORY_IDS, SERVICE_IDS

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "data" / "nlu").glob("*.yml"))
RULES = sorted((ROOT / "data" / "rules").glob("*.yml"))


@cache
def load(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / name).read_text(encoding="utf-8")))


def blocks(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"])


def rules() -> list[dict[str, Any]]:
    return [rule for path in RULES for rule in load(str(path.relative_to(ROOT)))["rules"]]


def test_no_entity_takes_part_in_choosing_an_action() -> None:
    for entry in load("domain.yml")["intents"]:
        assert list(entry.values()) == [{"use_entities": []}]


def test_rasa_remembers_nothing_and_has_no_words_of_its_own() -> None:
    assert {"slots", "responses", "forms"} & set(load("domain.yml")) == set()


def test_each_intent_has_one_rule_of_intent_and_action_for_any_history() -> None:
    shapes = [[next(iter(step)) for step in rule["steps"]] for rule in rules()]
    assert shapes == [["intent", "action"]] * len(shapes)
    assert [set(rule) for rule in rules()] == [{"rule", "steps"}] * len(shapes)
    intents = [rule["steps"][0]["intent"] for rule in rules()]
    assert sorted(intents) == sorted(name for e in load("domain.yml")["intents"] for name in e)


def test_the_fallback_action_of_the_rules_asks_back() -> None:
    (policy,) = load("config.yml")["policies"]
    assert policy["core_fallback_action_name"] in load("domain.yml")["actions"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_file_names_and_labels_of_the_examples_agree(path: Path) -> None:
    for block in blocks(path):
        labels = block.get("metadata") or {}
        if path.stem.startswith("layanan_"):
            assert labels["layanan"] == path.stem.removeprefix("layanan_")
        elif path.stem.startswith("aduan_"):
            assert (block["intent"], labels["kategori"]) == (
                "lapor_aduan",
                path.stem.removeprefix("aduan_"),
            )
        else:
            assert block["intent"] == path.stem


def test_every_service_and_category_has_examples() -> None:
    stems = {path.stem for path in EXAMPLES}
    assert {f"layanan_{service}" for service in SERVICE_IDS} <= stems
    assert {f"aduan_{category}" for category in CATEGORY_IDS} <= stems


def test_the_nicknames_name_every_service_of_the_catalogue_and_no_other() -> None:
    names = load("nlu/resources/layanan.yml")
    assert set(names) - {"lemah"} == set(SERVICE_IDS)
    assert set(names["lemah"]) <= set(SERVICE_IDS)


def test_the_channel_and_the_tracker_store_are_ours() -> None:
    assert list(load("credentials.yml")) == ["nlu.channel.SapaInput"]
    assert load("endpoints.yml")["tracker_store"]["type"].startswith("nlu.tracker_store.")


def test_the_lock_file_has_hashes_and_names_no_registry() -> None:
    lock = (ROOT / "requirements-rasa.lock").read_text(encoding="utf-8")
    assert re.search(r"https?://|--index-url|--find-links", lock) is None
    pinned = re.findall(r"^[a-z0-9][\w.-]*==\S+(.*)$", lock, flags=re.MULTILINE | re.IGNORECASE)
    assert set(pinned) == {" \\"}
    assert "rasa==3.6.21 \\" in lock
