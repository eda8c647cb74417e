"""What simulated citizens write: questions of real lengths, as people type them."""

MESSAGES = (
    "min mau tanya syarat bikin ktp baru anak saya sudah 17 tahun",
    "berapa biaya skck?",
    "assalamualaikum, kalau kk hilang bagaimana caranya diurus lagi ya pak",
    "jam berapa buka dukcapil hari jumat",
    "brp lama jadi paspor",
    "selamat siang admin, saya mau tanya soal akta kelahiran. anak saya lahir bulan lalu di "
    "puskesmas tapi saya belum sempat urus karena kerja di luar kota. apakah masih bisa dan apa "
    "saja yang harus saya bawa ke kantor? terima kasih banyak sebelumnya",
    "sim mati bisa diperpanjang online kah",
    "dimana tempat bayar pajak motor",
    "apa bisa urus surat pindah tanpa datang langsung",
    "tabe mau tanya, bpjs anak baru lahir didaftar di mana",
)
