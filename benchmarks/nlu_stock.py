"""The pipeline of `rasa init` on the same data: what a project has that changes nothing."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import ruamel.yaml

# Without its ResponseSelector: there are no retrieval intents.
PIPELINE = [
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "DIETClassifier", "epochs": 100, "constrain_similarities": True},
    {"name": "EntitySynonymMapper"},
    {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
]


def processor_s() -> float:
    """Return the seconds that all cores worked for this process and its ended children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def measure_stock(
    root: Path, examples: list[tuple[str, str]], *, epochs: int
) -> tuple[list[tuple[str, str]], list[float], dict[str, float]]:
    """Train it and read *examples*; return (intent, read), milliseconds and other figures."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    logging.disable(logging.WARNING)
    from rasa.core.agent import load_agent
    from rasa.model_training import train_nlu

    pipeline = [{**step, "epochs": epochs} if "epochs" in step else step for step in PIPELINE]
    with tempfile.TemporaryDirectory() as name:
        config = Path(name) / "config.yml"
        with config.open("w", encoding="utf-8") as file:
            ruamel.yaml.YAML().dump(
                {"recipe": "default.v1", "language": "id", "pipeline": pipeline}, file
            )
        started = processor_s()
        model = train_nlu(str(config), str(root / "data" / "nlu"), name)
        training = processor_s() - started
        if model is None:
            raise RuntimeError("Rasa trained no model.")
        pairs, took = asyncio.run(_read(load_agent, model, examples))
        other = {
            "training_s": round(training, 1),
            "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000),
            "weights_mb": round(Path(model).stat().st_size / 1e6, 1),
        }
    return pairs, took, other


async def _read(
    load_agent: object, model: str, examples: list[tuple[str, str]]
) -> tuple[list[tuple[str, str]], list[float]]:
    agent = await load_agent(model)  # type: ignore[operator]  # Rasa has no types
    await agent.parse_message("halo")
    pairs, took = [], []
    for text, intent in examples:
        started = time.process_time()
        parsed = await agent.parse_message(text)
        took.append(1000 * (time.process_time() - started))
        ranked = [entry["name"] for entry in parsed["intent_ranking"]]
        pairs.append((intent, next(r for r in ranked if r != "nlu_fallback")))
    return pairs, [float(p) for p in np.percentile(took, [50, 95])]
