"""Loading the catalogue: every fault is found, and named by file, entry and field."""

import shutil
from pathlib import Path

import pytest

from desk.domain.catalogue import UnknownEntry
from desk.storage.catalogue_files import CatalogueInvalid, check_catalogue, load_catalogue

DELIVERED = Path(__file__).parents[2] / "data" / "catalogue"


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(DELIVERED, tmp_path / "catalogue"))


@pytest.fixture
def edit(folder):
    def _edit(name, old, new):
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return _edit


def _found(folder):
    return [(fault.file, fault.entry, fault.field) for fault in check_catalogue(folder)]


@pytest.mark.parametrize(
    ("name", "old", "new", "where"),
    [
        (
            "layanan/skck.yml",
            "nilai: 30000, dasar: sumber",
            "nilai: banyak, dasar: sumber",
            ("layanan/skck.yml", "skck", "biaya.0.nilai"),
        ),
        (
            "layanan/skck.yml",
            "nilai: 30000, dasar: sumber",
            "nilai: 30000, dasar: yakin",
            ("layanan/skck.yml", "skck", "biaya.0.dasar"),
        ),
        (
            "layanan/skck.yml",
            "diperiksa: 2026-11-24",
            "diperiksa: 2026-13-45",
            ("layanan/skck.yml", "skck", "biaya.0.diperiksa"),
        ),
        (
            "layanan/sktm.yml",
            "singkat: SKTM",
            "singkat: SKTM\nsingkatan: SKTM",
            ("layanan/sktm.yml", "sktm", "singkatan"),
        ),
        (
            "layanan/sktm.yml",
            "instansi: desa_kelurahan",
            "instansi: kantor_ajaib",
            ("layanan/sktm.yml", "sktm", "instansi"),
        ),
        ("layanan/sktm.yml", "id: sktm", "id: lain", ("layanan/sktm.yml", "lain", "id")),
        (
            "instansi.yml",
            "dasar: sumber, sumber: [kids.grid.id, sibisnis.co.id]",
            "dasar: sumber, sumber: []",
            ("instansi.yml", "polresta_mamuju", "telepon.0"),
        ),
        (
            "instansi.yml",
            "nilai: null, dasar: tidak_ada",
            "nilai: '12345', dasar: tidak_ada",
            ("instansi.yml", "pemkab_mamuju", "telepon.0"),
        ),
        (
            "instansi.yml",
            "sebutan: [dprd, dewan]",
            "sebutan: [dprd, bupati]",
            ("instansi.yml", "-", "sebutan"),
        ),
        (
            "kategori.yml",
            "instansi: dlh_mamuju",
            "instansi: dinas_ajaib",
            ("kategori.yml", "sampah_kebersihan", "instansi"),
        ),
        (
            "kategori.yml",
            "id: pohon_taman",
            "id: pohon",
            ("kategori.yml", "pohon_taman", "id"),
        ),
        (
            "umum.yml",
            "layanan_utama: [ktp_el,",
            "layanan_utama: [ktp,",
            ("umum.yml", "umum", "layanan_utama"),
        ),
        ("umum.yml", "nomor: '113'", "nomor: '112'", ("umum.yml", "112", "darurat")),
        ("umum.yml", "nomor: '110'", "nomor: '118'", ("umum.yml", "umum", "darurat")),
        (
            "umum.yml",
            "buka: '07:30', tutup: '16:00'",
            "buka: '17:30', tutup: '16:00'",
            ("umum.yml", "hari 0", "jam_kantor"),
        ),
        (
            "regions.yaml",
            "jumlah_desa: 88",
            "jumlah_desa: 89",
            ("regions.yaml", "meta", "jumlah_desa"),
        ),
        (
            "regions.yaml",
            "nama: Binanga, jenis: kelurahan",
            "nama: Binanga, jenis: dusun",
            ("regions.yaml", "76.02.01.76.02.01.1002", "jenis"),
        ),
    ],
)
def test_fault_is_named_by_file_entry_and_field(folder, edit, name, old, new, where):
    edit(name, old, new)
    assert where in _found(folder)


def test_fault_inside_a_variant_names_the_variant(folder, edit):
    edit("layanan/sim.yml", "nama: Perpanjangan", "nama: 3")
    assert ("layanan/sim.yml", "sim.perpanjangan", "nama") in _found(folder)


def test_faults_of_several_files_are_all_reported_at_once(folder, edit):
    edit("layanan/kk.yml", "singkat: ", "pendek: ")
    edit("kategori.yml", "label: ", "sebutan: ")
    assert {file for file, _, _ in _found(folder)} == {"layanan/kk.yml", "kategori.yml"}


def test_missing_service_is_reported(folder):
    (folder / "layanan" / "kia.yml").unlink()
    assert ("layanan", "kia", "id") in _found(folder)


def test_missing_file_is_reported(folder):
    (folder / "umum.yml").unlink()
    assert _found(folder) == [("umum.yml", "-", "-")]


def test_key_given_twice_is_reported_with_its_line(folder, edit):
    edit("layanan/kia.yml", "id: kia", "id: kia\nid: kia")
    assert _found(folder) == [("layanan/kia.yml", "-", "baris 3")]


def test_broken_yaml_is_reported(folder):
    (folder / "kategori.yml").write_text("kategori: [", encoding="utf-8")
    assert [(f.file, f.message) for f in check_catalogue(folder)] == [
        ("kategori.yml", "bukan YAML yang sah")
    ]


def test_source_that_is_not_listed_is_reported(folder, edit):
    edit("layanan/ikd.yml", "Permendagri 72/2022: null", "Permendagri 72/2021: null")
    assert any("rujukan" in fault.message for fault in check_catalogue(folder))


def test_word_that_names_two_variants_is_reported(folder, edit):
    edit("layanan/sim.yml", "kata: [perpanjang,", "kata: [pertama kali,")
    assert ("layanan/sim.yml", "sim", "varian") in _found(folder)


def test_catalogue_with_faults_is_not_loaded(folder, edit):
    edit("layanan/sktm.yml", "instansi: desa_kelurahan", "instansi: kantor_ajaib")
    with pytest.raises(CatalogueInvalid) as caught:
        load_catalogue(folder)
    assert str(caught.value) == (
        "layanan/sktm.yml: sktm: instansi: instansi kantor_ajaib tidak ada"
    )


@pytest.mark.parametrize("kind", ["service", "agency", "category", "place"])
def test_unknown_id_is_a_typed_error(kind):
    with pytest.raises(UnknownEntry):
        getattr(load_catalogue(DELIVERED), kind)("tidak_ada")
