"""The evaluation as one HTML page with plots: bars, confusions, confidence and calibration.

The benchmarks write it too, inside Rasa's environment: nothing but the standard library, and
Python 3.10.
"""

from __future__ import annotations

import html
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

BINS = 10
STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}"
    "svg{max-width:100%;height:auto}text{font:11px system-ui,sans-serif;fill:#333}"
    "h2{margin-top:2.5rem}"
)


@dataclass(frozen=True)
class Answer:
    """A message's intent, the model's first choice and what the message ended as."""

    intent: str
    first: str
    final: str
    confidence: float

    @property
    def is_right(self) -> bool:
        """Whether the first choice is the intent."""
        return self.first == self.intent


def write_report(path: Path, answers: list[Answer]) -> None:
    """Write the page, and its folder if missing; it needs nothing from elsewhere."""
    path.parent.mkdir(parents=True, exist_ok=True)
    right = sum(a.is_right for a in answers) / len(answers)
    asked = sum(a.final == "nlu_fallback" for a in answers) / len(answers)
    wrong = sum(a.final not in (a.intent, "nlu_fallback") for a in answers) / len(answers)
    body = (
        f"<p>{len(answers)} messages that training never saw: first choice right {right:.1%}, "
        f"asked back {asked:.1%}, confidently wrong {wrong:.1%}, expected calibration error "
        f"{calibration_error(answers):.3f}.</p>"
        f"<h2>F1 of each intent</h2>{_bars(answers)}"
        f"<h2>Confusions</h2><p>Rows: what was meant; columns: what was read.</p>"
        f"{_confusions(answers)}"
        f"<h2>Confidence</h2><p>Green: right, red: wrong.</p>{_histogram(answers)}"
        f"<h2>Calibration</h2><p>How often readings of a confidence are right; on the line, "
        f"confidence means what it says.</p>{_reliability(answers)}"
    )
    path.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Understanding</title>'
        f"<style>{STYLE}</style><h1>How well messages are understood</h1>{body}</html>\n",
        encoding="utf-8",
    )


def _binned(answers: list[Answer]) -> list[list[Answer]]:
    bins: list[list[Answer]] = [[] for _ in range(BINS)]
    for answer in answers:
        bins[min(int(answer.confidence * BINS), BINS - 1)].append(answer)
    return bins


def calibration_error(answers: list[Answer]) -> float:
    """Return the expected calibration error over ten bins."""
    return sum(
        abs(sum(a.confidence for a in found) - sum(a.is_right for a in found))
        for found in _binned(answers)
    ) / len(answers)


def _svg(width: int, height: int, parts: list[str]) -> str:
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size}>{"".join(parts)}</svg>'


def _rect(x: float, y: float, width: float, height: float, fill: str, title: str = "") -> str:
    tip = f"<title>{html.escape(title)}</title>" if title else ""
    box = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect {box} fill="{fill}">{tip}</rect>'


def _text(x: float, y: float, text: str, extra: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {extra}>{html.escape(text)}</text>'


def _bars(answers: list[Answer]) -> str:
    parts = []
    labels = sorted({a.intent for a in answers})
    for at, label in enumerate(labels):
        right = sum(a.intent == label == a.first for a in answers)
        both = sum((a.intent == label) + (a.first == label) for a in answers)
        f1, y = 2 * right / both, 18 * at
        parts += [
            _text(0, y + 13, label),
            _rect(190, y + 2, 400 * f1, 13, "#2b7a78", f"{label}: {f1:.3f}"),
            _text(198 + 400 * f1, y + 13, f"{f1:.2f}"),
        ]
    return _svg(660, 18 * len(labels), parts)


def _confusions(answers: list[Answer]) -> str:
    labels = sorted({a.intent for a in answers} | {a.first for a in answers})
    counts = Counter((a.intent, a.first) for a in answers)
    totals = Counter(a.intent for a in answers)
    left, cell = 190, 20
    parts = []
    for row, meant in enumerate(labels):
        y = left + cell * row
        parts.append(_text(0, y + 14, meant))
        turned = f'transform="rotate(-90 {left + cell * row + 14} {left - 6})"'
        parts.append(_text(left + cell * row + 14, left - 6, meant, turned))
        for column, read in enumerate(labels):
            count = counts[meant, read]
            share = count / max(totals[meant], 1)
            fill = f"rgba({'43,122,120' if meant == read else '200,40,40'},{share**0.5:.2f})"
            x = left + cell * column
            tip = f"{meant} read as {read}: {count}"
            parts.append(_rect(x, y, cell - 1, cell - 1, fill if count else "#f3f3f3", tip))
            if count:
                light = 'style="fill:#fff"' if meant == read and share > 0.5 else ""
                parts.append(_text(x + 3, y + 14, str(count), light))
    return _svg(left + cell * len(labels), left + cell * len(labels), parts)


def _histogram(answers: list[Answer]) -> str:
    parts, tallest = [], max(map(len, _binned(answers)))
    for at, found in enumerate(_binned(answers)):
        right = sum(a.is_right for a in found)
        x, high, good = 50 * at + 20, 200 * len(found) / tallest, 200 * right / tallest
        tip = f"{len(found)} messages, {right} right"
        parts += [
            _rect(x, 210 - good, 44, good, "#2b7a78", tip),
            _rect(x, 210 - high, 44, high - good, "#c82828", tip),
            _text(x, 226, f"{at / BINS:.1f}"),
        ]
    return _svg(540, 232, parts)


def _reliability(answers: list[Answer]) -> str:
    parts = ['<line x1="30" y1="330" x2="330" y2="30" stroke="#999" stroke-dasharray="4"/>']
    for found in filter(None, _binned(answers)):
        confidence = sum(a.confidence for a in found) / len(found)
        right = sum(a.is_right for a in found) / len(found)
        size = 3 + 20 * (len(found) / len(answers)) ** 0.5
        parts.append(
            f'<circle cx="{30 + 300 * confidence:.1f}" cy="{330 - 300 * right:.1f}" '
            f'r="{size:.1f}" fill="#2b7a7899"><title>{len(found)} messages: confidence '
            f"{confidence:.2f}, right {right:.2f}</title></circle>"
        )
    parts += [_text(26, 346, "0"), _text(322, 346, "1 confidence"), _text(0, 34, "right")]
    return _svg(420, 352, parts)
