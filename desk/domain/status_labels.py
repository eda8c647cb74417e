"""A ticket's states in the words of the citizen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from desk.domain.lifecycle import Status


@dataclass(frozen=True)
class StatusLabel:
    """A state in the citizen's words: its name, and what it means now.

    *others* is its name for whoever did not file the ticket, where the name speaks to who did.
    """

    short: str
    meaning: str
    others: str = ""

    @property
    def for_others(self) -> str:
        """Return the state's name for officers, followers and strangers."""
        return self.others or self.short


STATUS_LABELS: Final[Mapping[Status, StatusLabel]] = {
    Status.NEW: StatusLabel("Diterima", "Laporan Anda sudah masuk dan menunggu diperiksa."),
    Status.VERIFIED: StatusLabel(
        "Sudah diperiksa", "Laporan Anda sudah diperiksa dan akan diteruskan ke instansi."
    ),
    Status.FORWARDED: StatusLabel(
        "Diteruskan", "Laporan Anda sudah diteruskan ke instansi yang menangani."
    ),
    Status.IN_PROGRESS: StatusLabel("Sedang ditangani", "Laporan Anda sedang ditangani petugas."),
    Status.ON_HOLD: StatusLabel(
        "Menunggu jawaban Anda",
        "Petugas bertanya kepada Anda dan menunggu jawabannya.",
        "Menunggu jawaban pelapor",
    ),
    Status.RESOLVED: StatusLabel(
        "Selesai ditangani", "Menurut petugas sudah selesai. Beri tahu kami bila belum."
    ),
    Status.CLOSED: StatusLabel("Ditutup", "Laporan Anda sudah ditutup."),
    Status.REJECTED: StatusLabel(
        "Tidak dapat diproses", "Laporan Anda tidak dapat diproses. Alasannya kami sampaikan."
    ),
    Status.NOT_OURS: StatusLabel(
        "Bukan wewenang Pemkab", "Urusan ini ditangani instansi lain. Rujukannya kami sampaikan."
    ),
    Status.WITHDRAWN: StatusLabel("Ditarik", "Laporan ini sudah Anda tarik kembali."),
    Status.MERGED: StatusLabel(
        "Digabung", "Laporan Anda digabung dengan laporan lain tentang hal yang sama."
    ),
}
