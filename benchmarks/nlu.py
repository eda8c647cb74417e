"""`make bench-nlu`: features and classifiers side by side, and what the chosen ones make of it.

Runs in Rasa's environment, on the repository's data only: trains on data/nlu, measures on
data/eval/intent.jsonl. Each combination runs in a process of its own, so that its memory counts.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse

from benchmarks.nlu_stock import measure_stock, processor_s
from nlu.decision import Thresholds, decide, guard_emergency
from nlu.emergency import judge
from nlu.examples import read_examples
from nlu.linear_model import train_linear_model
from nlu.ngrams import Ngrams
from nlu.text import normalise
from nlu.vectors import SentenceVectors
from sapa.evaluation_page import Answer, write_report

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "nlu"
DOCS = ROOT / "docs" / "nlu.md"
BEGIN, END = "<!-- bench-nlu -->", "<!-- /bench-nlu -->"
FEATURES = ("n-grams", "vectors", "both")
CLASSIFIERS = ("logistic regression", "linear SVM")
CHOSEN = ("both", "linear SVM")
STOCK = "stock Rasa"
STRENGTH = 0.75


@dataclass(frozen=True)
class Row:
    """The figures of one combination; all times are of the processor, not of the clock."""

    features: str
    classifier: str
    accuracy: float
    macro_f1: float
    p50_ms: float
    p95_ms: float
    training_s: float
    memory_mb: float
    weights_mb: float


def training_examples() -> list[tuple[str, str]]:
    """Return normalised text and intent of every example in data/nlu."""
    return [(normalise(example.text), example.intent) for example in read_examples(ROOT)]


def measured_examples() -> list[tuple[str, str]]:
    """Return text and intent of the development set."""
    lines = (ROOT / "data" / "eval" / "intent.jsonl").read_text(encoding="utf-8").splitlines()
    return [(entry["text"], entry["intent"]) for entry in map(json.loads, lines)]


class Reader:
    """Turns texts into features of one kind, as the components do."""

    def __init__(self, kind: str, texts: list[str]) -> None:
        """Learn n-grams and the spread of the vectors from *texts*."""
        self._ngrams = None if kind == "vectors" else Ngrams.train(texts)
        self._vectors = None if kind == "n-grams" else SentenceVectors(limit=1_000_000)
        if self._vectors is not None:
            known = self._vectors.encode(texts)
            self._mean, self._scale = known.mean(axis=0), 1 / np.maximum(known.std(axis=0), 1e-6)

    def read(self, texts: list[str]) -> Any:
        """Return one sparse row per text."""
        parts = []
        if self._ngrams is not None:
            few = len(texts) == 1
            parts.append(
                self._ngrams.transform_one(texts[0]) if few else self._ngrams.transform(texts)
            )
        if self._vectors is not None:
            scaled = (self._vectors.encode(texts) - self._mean) * self._scale
            lengths = np.linalg.norm(scaled, axis=1, keepdims=True)
            parts.append(scipy.sparse.csr_matrix(scaled / np.maximum(lengths, 1e-6)))
        return scipy.sparse.hstack(parts, format="csr", dtype=np.float32)


def _trained(classifier: str, features: Any, labels: list[str]) -> Callable[[Any], Any]:
    """Train and return a function from one row to the ranking."""
    if classifier == "linear SVM":
        model = train_linear_model(features, labels, strength=STRENGTH)
        return lambda row: model.rank(row.indices, row.data)
    from sklearn.linear_model import LogisticRegression

    machine = LogisticRegression(C=10, class_weight="balanced", max_iter=150)
    machine.fit(features, labels)

    def rank(row: Any) -> list[tuple[str, float]]:
        chances = machine.predict_proba(row)[0]
        return sorted(zip(machine.classes_, chances, strict=True), key=lambda pair: -pair[1])

    return rank


def _macro_f1(pairs: list[tuple[str, str]]) -> float:
    scores = []
    for label in {true for true, _ in pairs}:
        right = sum(true == label == read for true, read in pairs)
        scores.append(2 * right / sum((true == label) + (read == label) for true, read in pairs))
    return float(np.mean(scores))


def measure(features: str, classifier: str) -> tuple[Row, list[Answer]]:
    """Train one combination and let it read the development set."""
    examples = training_examples()
    texts, labels = [t for t, _ in examples], [label for _, label in examples]
    started = processor_s()
    reader = Reader(features, texts)
    matrix = reader.read(texts)
    rank = _trained(classifier, matrix, labels)
    training = processor_s() - started
    took, answers, pairs = [], [], []
    for text, intent in measured_examples():
        started = time.process_time()
        ranking = rank(reader.read([normalise(text)]))
        took.append(1000 * (time.process_time() - started))
        guarded = guard_emergency(ranking, judge(text))
        final = decide(guarded, Thresholds())
        answers.append(Answer(intent, guarded[0][0], final, guarded[0][1]))
        pairs.append((intent, ranking[0][0]))
    row = Row(
        features,
        classifier,
        accuracy=round(float(np.mean([true == read for true, read in pairs])), 4),
        macro_f1=round(_macro_f1(pairs), 4),
        p50_ms=round(float(np.percentile(took, 50)), 1),
        p95_ms=round(float(np.percentile(took, 95)), 1),
        training_s=round(training, 1),
        memory_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000, 0),
        weights_mb=round(4 * len(set(labels)) * matrix.shape[1] / 1e6, 1),
    )
    return row, answers


def measure_stock_pipeline(epochs: int) -> Row:
    """Train and measure the pipeline of `rasa init` (model size: the whole packed model)."""
    pairs, (p50, p95), other = measure_stock(ROOT, measured_examples(), epochs=epochs)
    return Row(
        STOCK,
        f"DIET, {epochs} epochs",
        accuracy=round(float(np.mean([true == read for true, read in pairs])), 4),
        macro_f1=round(_macro_f1(pairs), 4),
        p50_ms=round(p50, 1),
        p95_ms=round(p95, 1),
        **other,
    )


def _in_own_process(features: str, classifier: str) -> tuple[Row, list[Answer]]:
    # One worker that is not a daemon: computing many vectors starts processes of its own.
    from concurrent.futures import ProcessPoolExecutor

    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(measure, features, classifier).result()


def table(rows: list[Row]) -> str:
    """Write the figures as a Markdown table."""
    lines = [
        "| features | classifier | accuracy | macro-F1 | p50 ms | p95 ms | training CPU s "
        "| memory MB | weights MB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r.features} | {r.classifier} | {r.accuracy:.3f} | {r.macro_f1:.3f} | {r.p50_ms} "
        f"| {r.p95_ms} | {r.training_s} | {r.memory_mb:.0f} | {r.weights_mb} |"
        for r in rows
    ]
    return "\n".join(lines)


def _write_docs(text: str, *, keep: str | None) -> None:
    """Replace the table, but for its old rows that start with *keep*."""
    before, rest = DOCS.read_text(encoding="utf-8").split(BEGIN)
    old = rest.split(END)[0].splitlines()
    text = "\n".join([text, *(row for row in old if keep and row.startswith(keep))])
    DOCS.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}", encoding="utf-8")


def main() -> None:
    """Measure every combination; write JSON, the table in docs/nlu.md and the report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.nlu", description=__doc__)
    parser.add_argument("--stock", type=int, metavar="EPOCHS", help="measure stock Rasa too")
    parser.add_argument("--no-docs", action="store_true", help="leave docs/nlu.md alone")
    options = parser.parse_args()
    rows, chosen = [], []
    for features in FEATURES:
        for classifier in CLASSIFIERS:
            row, answers = _in_own_process(features, classifier)
            rows.append(row)
            if (features, classifier) == CHOSEN:
                chosen = answers
            print(row, flush=True)  # noqa: T201 - for who waits an hour
    if options.stock:
        rows.append(measure_stock_pipeline(options.stock))
    FOLDER.mkdir(parents=True, exist_ok=True)
    report = json.dumps([asdict(row) for row in rows], indent=2)
    (FOLDER / "compare.json").write_text(report + "\n", encoding="utf-8")
    write_report(FOLDER / "report.html", chosen)
    if not options.no_docs:
        _write_docs(table(rows), keep=None if options.stock else f"| {STOCK} ")


if __name__ == "__main__":
    main()
