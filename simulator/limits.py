"""Telegram's documented limits, enforced unless a test lifts them."""

from dataclasses import dataclass, replace

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes and rates; assign a changed copy to ``sim.limits``.

    Telegram publishes "about one message a second in a chat, bursts allowed", "about thirty a
    second overall" and "twenty a minute in a group"; the burst size is our guess.
    `callback_seconds` (how long a press may be answered) is unpublished, too.
    """

    text_length: int = 4096
    caption_length: int = 1024
    callback_data_bytes: int = 64
    callback_answer_length: int = 200
    callback_seconds: float = 60.0
    topic_name_length: int = 128
    photo_bytes: int = 10 * MEBIBYTE
    upload_bytes: int = 50 * MEBIBYTE
    download_bytes: int = 20 * MEBIBYTE

    rates: bool = True
    chat_per_second: float = 1.0
    chat_burst: int = 5
    overall_per_second: int = 30
    group_per_minute: int = 20

    def without_rates(self) -> "Limits":
        """Return the same limits with no 429 for speed, for tests that must be fast."""
        return replace(self, rates=False)
