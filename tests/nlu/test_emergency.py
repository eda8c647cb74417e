"""An emergency needs several words that belong together, and is over when it is told of."""

import pytest

from nlu.decision import Thresholds, decide, guard_emergency
from nlu.emergency import Judgement, is_urgent, judge


@pytest.mark.parametrize(
    "text",
    [
        "tolong pak rumah tetangga terbakar, masih ada orang di dalam",
        "ada kecelakaan barusan, korban luka parah, kirim ambulans",
        "nenek saya terjebak banjir, tolong evakuasi sekarang",
        "bapak terkapar di kebun, mulutnya berbusa, harus bagaimana",
        "ini bukan latihan, rumah terbakar dan bayi masih di dalam",
        "istri mau melahirkan, mulasnya tiap tiga menit, tolong ambulans",
    ],
)
def test_an_event_with_victims_or_a_cry_for_help_is_now(text: str) -> None:
    assert judge(text) is Judgement.NOW


@pytest.mark.parametrize(
    "text",
    [
        "ponakanku hanyut di kali",
        "karyawan pabrik keracunan",
        "nenekku jatuh dari tangga",
    ],
)
def test_an_event_told_plainly_of_someone_is_likely(text: str) -> None:
    assert judge(text) is Judgement.LIKELY


@pytest.mark.parametrize(
    "text",
    [
        "nomor damkar berapa",
        "bukan kebakaran ji, orang bakar daun",
        "tidak ada yang tenggelam, cuma main main",
        "sering tabrakan di tikungan ini",
        "adik kena demam berdarah minggu lalu, mohon disemprot",
        "mau tanya nomor ambulans",
        "kemarin ada kebakaran di pasar, kapan bantuannya",
        "pekan lalu bus terguling di tikungan, penumpangnya luka",
        "rumah nenek terseret banjir maret lalu, belum ada yang mendata",
        "kalau ada kebakaran hubungi siapa",
        "ini bukan darurat, cuma mau tanya",
        "usul pelatihan siaga gempa untuk warga",
    ],
)
def test_stories_questions_and_denials_are_not_now(text: str) -> None:
    assert judge(text) is Judgement.NOT_NOW


@pytest.mark.parametrize(
    "text",
    [
        "kebakaran",
        "tolong",
        "korban",
        "",
        "lampu jalan mati",
        "warga minta lampu",
        "waktu mobil lewat",
    ],
)
def test_one_word_alone_proves_nothing(text: str) -> None:
    assert judge(text) is Judgement.UNCLEAR


def test_plain_words_raise_an_emergency_above_the_ranking() -> None:
    ranking = guard_emergency([("lapor_aduan", 0.8), ("darurat", 0.2)], Judgement.NOW)
    assert ranking[0][0] == "darurat"
    assert sum(chance for _, chance in ranking) == pytest.approx(1.0, abs=0.05)


def test_words_do_not_raise_what_the_classifier_rules_out() -> None:
    ranking = [("puji_layanan", 0.99), ("darurat", 0.001)]
    assert guard_emergency(ranking, Judgement.NOW) == ranking


@pytest.mark.parametrize(
    ("judgement", "chance", "first"),
    [
        (Judgement.NOW, 0.05, "darurat"),
        (Judgement.LIKELY, 0.02, "lapor_aduan"),
        (Judgement.LIKELY, 0.1, "darurat"),
        (Judgement.UNCLEAR, 0.3, "lapor_aduan"),
        (Judgement.UNCLEAR, 0.6, "darurat"),
        (Judgement.NOT_NOW, 0.6, "lapor_aduan"),
    ],
)
def test_the_plainer_the_words_the_less_the_classifier_must_see(
    judgement: Judgement, chance: float, first: str
) -> None:
    ranking = [("lapor_aduan", 1 - chance), ("darurat", chance)]
    assert guard_emergency(ranking, judgement)[0][0] == first


def test_a_doubtful_emergency_gives_way_to_the_next_reading() -> None:
    ranking = guard_emergency([("darurat", 0.6), ("tanya_kontak", 0.4)], Judgement.NOT_NOW)
    assert ranking[0] == ("tanya_kontak", 1.0)


def test_a_sure_emergency_is_not_talked_down() -> None:
    ranking = [("darurat", 0.97), ("lapor_aduan", 0.03)]
    assert guard_emergency(ranking, Judgement.NOT_NOW) == ranking


@pytest.mark.parametrize(
    ("ranking", "final"),
    [
        ([("salam", 0.9), ("pamit", 0.05)], "salam"),
        ([("salam", 0.4), ("pamit", 0.1)], "nlu_fallback"),
        ([("salam", 0.6), ("pamit", 0.55)], "nlu_fallback"),
        ([], "nlu_fallback"),
    ],
)
def test_a_weak_or_close_reading_asks_back(ranking: list[tuple[str, float]], final: str) -> None:
    assert decide(ranking, Thresholds(confidence=0.5, lead=0.1)) == final


@pytest.mark.parametrize(
    ("text", "urgent"),
    [
        ("tolong ada kebakaran besar sekarang di Karema", True),
        ("berapa nomor ambulans", False),
        ("lampu jalan di Karema mati sudah tiga hari", False),
    ],
)
def test_words_alone_tell_an_emergency_where_no_classifier_can_be_asked(
    text: str, urgent: bool
) -> None:
    assert is_urgent(text) is urgent
