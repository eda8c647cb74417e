"""Trains a model when the content of its inputs changed: ``python -m nlu.training``.

The path of the model is printed on stdout, progress on stderr.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from nlu.examples import read_examples, read_yaml
from nlu.inputs import content_hash
from nlu.redaction import install_redaction
from nlu.text import normalise
from nlu.vectors import fill_cache, why_unavailable

ROOT = Path(__file__).resolve().parent.parent
KEPT_MODELS = 3
UNFINISHED = ".training-"
UNFINISHED_AGE_S = 3600
NEVER_TAUGHT = frozenset({"nlu_fallback"})


class TrainingFailed(RuntimeError):
    """The model could not be trained; the message is one sentence for the operator."""


def say(text: str, *, since: float | None = None) -> None:
    """Write a progress line on stderr, with the seconds passed."""
    passed = "" if since is None else f" ({time.monotonic() - since:.0f} s)"
    sys.stderr.write(f"train: {text}{passed}\n")
    sys.stderr.flush()


@contextlib.contextmanager
def heartbeat(text: str, *, every_s: float = 10.0) -> Iterator[None]:
    """Repeat a progress line while a long step runs."""
    started, stop = time.monotonic(), threading.Event()

    def beat() -> None:
        while not stop.wait(every_s):
            say(text, since=started)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def check_data(root: Path) -> None:
    """Refuse data that Rasa would train on without a word.

    Raises:
        TrainingFailed: A file cannot be read, or an intent of the domain has no examples.
    """
    from ruamel.yaml.error import YAMLError

    taught: set[str] = set()
    files = [root / "domain.yml", *sorted((root / "data/nlu").rglob("*.yml"))]
    for path in files:
        try:
            content = read_yaml(path)
        except (OSError, YAMLError) as error:
            line = getattr(getattr(error, "problem_mark", None), "line", -1) + 1
            name = path.relative_to(root)
            raise TrainingFailed(f"{name} cannot be read, line {line}.") from None
        if path.name == "domain.yml":
            wanted = {name for entry in content.get("intents", []) for name in entry}
        else:
            blocks = content.get("nlu") or []
            taught |= {b["intent"] for b in blocks if b.get("intent") and b.get("examples")}
    if missing := sorted(wanted - taught - NEVER_TAUGHT):
        raise TrainingFailed(f"These intents have no examples in data/nlu: {', '.join(missing)}.")
    if unknown := sorted(taught - wanted):
        raise TrainingFailed(f"These intents are not in domain.yml: {', '.join(unknown)}.")


@contextlib.contextmanager
def _vectors_ahead(root: Path, cache: Path) -> Iterator[None]:
    """Compute the sentence vectors of all examples into *cache* while the block runs.

    They are most of the work and need every core; importing Rasa keeps one busy for 12 s.
    """
    with ThreadPoolExecutor(1) as pool:
        texts = [normalise(example.text) for example in read_examples(root)]
        filling = pool.submit(fill_cache, cache, texts)
        yield
        filling.result()


def _train_with_rasa(root: Path, folder: Path, vector_cache: Path) -> Path:
    if reason := why_unavailable():
        say(f"without sentence vectors: {reason}")
    with _vectors_ahead(root, vector_cache):
        from nlu.mend import apply_mends

        apply_mends()
        from rasa.model_training import train

    os.environ["SAPA_NLU_VECTOR_CACHE"] = str(vector_cache)
    chatter = io.StringIO()
    with contextlib.redirect_stdout(chatter):
        result = train(
            domain=str(root / "domain.yml"),
            config=str(root / "config.yml"),
            training_files=[str(root / "data/nlu"), str(root / "data/rules")],
            output=str(folder),
            force_training=True,
            fixed_model_name="model",
        )
    if result.code != 0 or not result.model:
        raise TrainingFailed(f"Rasa refused to train, code {result.code}.")
    return Path(result.model)


def _forget_old(models: Path, keep: Path) -> None:
    by_age = sorted(models.glob("sapa-*.tar.gz"), key=lambda p: p.stat().st_mtime, reverse=True)
    for path in [p for p in by_age if p != keep][KEPT_MODELS - 1 :]:
        path.unlink(missing_ok=True)


def train_if_needed(root: Path, models: Path, *, force: bool = False) -> Path:
    """Return the model that belongs to the present inputs, trained now if it is missing.

    Raises:
        TrainingFailed: The data is broken or Rasa refused it.
    """
    # A model trained without sentence vectors is another model.
    variant = "words" if why_unavailable() else "vectors"
    target = models / f"sapa-{content_hash(root, variant=variant)}.tar.gz"
    if target.is_file() and not force:
        os.utime(target)
        say(f"{target.name} is up to date")
        return target
    started = time.monotonic()
    check_data(root)
    say("inputs changed, training")
    models.mkdir(parents=True, exist_ok=True)
    _forget_unfinished(models)
    folder = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=models))
    try:
        with heartbeat("still training"):
            # Vectors of examples that did not change are kept for the next training.
            trained = _train_with_rasa(root, folder, models / ".vectors.npz")
        os.replace(trained, target)  # same file system: no one ever sees half a model
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _forget_old(models, target)
    say(f"{target.name}, {target.stat().st_size / 1e6:.1f} MB", since=started)
    return target


def _forget_unfinished(models: Path) -> None:
    """Remove what trainings left behind that were killed; one that still runs is younger."""
    for folder in models.glob(f"{UNFINISHED}*"):
        if time.time() - folder.stat().st_mtime > UNFINISHED_AGE_S:
            shutil.rmtree(folder, ignore_errors=True)


def _one_sentence(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 300 else f"{text[:297]}..."


def main(arguments: list[str] | None = None) -> int:
    """Train from the command line; the exit code tells whether there is a model."""
    parser = argparse.ArgumentParser(prog="python -m nlu.training", description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="folder with config.yml and data/")
    parser.add_argument("--models", type=Path, default=None, help="folder for models")
    parser.add_argument("--force", action="store_true", help="train even when up to date")
    options = parser.parse_args(arguments)
    root = options.root.resolve()
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    os.environ["RASA_MAX_CACHE_SIZE"] = "0"  # our own hash decides what is up to date
    # Old libraries under Rasa complain about each other; nothing an operator could act on.
    os.environ["SQLALCHEMY_SILENCE_UBER_WARNING"] = "1"
    install_redaction()
    sys.path.insert(0, str(ROOT))
    try:
        model = train_if_needed(root, options.models or root / "models", force=options.force)
    except TrainingFailed as error:
        say(f"failed: {error}")
        return 1
    except Exception as error:  # the edge of the process: one sentence, not a traceback
        say(f"failed: {type(error).__name__}: {_one_sentence(error)}")
        return 1
    sys.stdout.write(f"{model}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
