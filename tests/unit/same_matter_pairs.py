"""Pairs of complaints of one category and one place: about the same matter, or not.

Written by hand in the everyday Indonesian of Mamuju; places and matters are artificial.
"""

SAME = [
    (
        "lampu jalan di depan masjid mati sudah 3 hari",
        "lampu jalan depan masjid padam, gelap",
    ),
    ("pak lampu jalan mati di depan pasar", "lampu jalanan dekat pasar mati total"),
    ("jalan berlubang di depan pasar bahaya", "tolong jln berlubang dpn pasar diperbaiki"),
    (
        "lubang besar di jalan depan sekolah",
        "jalan depan sekolah berlubang besar, anak jatuh",
    ),
    ("sampah menumpuk di pinggir sungai", "min sampah di pinggir sungai sudah menumpuk, bau"),
    ("sampah tidak diangkut sudah seminggu", "sdh seminggu sampah tdk diangkut petugas"),
    (
        "air pdam tidak mengalir sejak kemarin",
        "air PDAM dari kemarin mati tidak mengalir",
    ),
    ("air pdam keruh berwarna coklat", "air dari pdam keruh coklat tidak bisa dipakai"),
    ("drainase tersumbat di depan kantor lurah", "got depan kantor lurah tersumbat air meluap"),
    ("banjir tiap hujan di lorong 3", "lorong 3 banjir kalau hujan"),
    ("pohon tumbang menutup jalan", "ada pohon tumbang di jalan, tidak bisa lewat"),
    ("pohon besar miring hampir tumbang dekat sd", "dekat sd ada pohon besar miring mau tumbang"),
    ("jembatan kayu rusak papannya lepas", "papan jembatan kayu lepas, jembatan rusak"),
    ("aspal terkelupas di tanjakan", "tanjakan aspalnya terkelupas licin"),
    ("parkir liar di depan rumah sakit", "banyak parkir liar depan rumah sakit bikin macet"),
    ("lampu merah perempatan tidak menyala", "lampu merah di perempatan mati tidak nyala"),
    ("puskesmas tutup jam 10 pagi", "jam 10 puskesmas sudah tutup"),
    ("asap pabrik bau menyengat tiap malam", "tiap malam bau menyengat dari asap pabrik"),
    ("anjing liar berkeliaran menggigit warga", "banyak anjing liar menggigit orang"),
    ("balap liar tiap malam minggu bising", "malam minggu ada balap liar, bising sekali"),
]
DIFFERENT = [
    ("lampu jalan di depan masjid mati", "tiang lampu miring dekat lapangan mau roboh"),
    ("lampu jalan di depan pasar mati", "lampu jalan di depan masjid mati"),
    ("jalan berlubang di depan pasar", "trotoar rusak di depan kantor bupati"),
    ("jalan berlubang di depan pasar", "jembatan gantung talinya putus"),
    ("jalan berlubang di depan pasar", "jalan tani ke kebun belum diaspal"),
    ("sampah menumpuk di pinggir sungai", "sampah tidak diangkut sudah seminggu di lorong 2"),
    ("sampah menumpuk di pasar", "tempat sampah di taman hilang"),
    ("sampah tidak diangkut seminggu", "truk sampah menumpahkan air bau di jalan"),
    ("air pdam tidak mengalir sejak kemarin", "tagihan pdam naik dua kali lipat"),
    ("air pdam keruh", "pipa pdam bocor di pinggir jalan"),
    ("air tidak mengalir tiga hari", "meteran air hilang dicuri"),
    ("drainase tersumbat di depan kantor lurah", "penutup got hilang di depan toko"),
    ("banjir tiap hujan di lorong 3", "talud longsor di belakang sekolah"),
    ("pohon tumbang menutup jalan", "taman kota rumputnya tidak dipotong"),
    ("pohon miring dekat sd", "ranting pohon menyentuh kabel listrik di lorong"),
    ("parkir liar di depan rumah sakit", "angkot ngetem sembarangan di terminal"),
    ("lampu merah perempatan tidak menyala", "marka jalan zebra cross sudah hilang"),
    ("puskesmas tutup jam 10", "obat di puskesmas sering kosong"),
    ("perawat tidak ada di puskesmas malam hari", "antrian puskesmas terlalu lama dari pagi"),
    ("asap pabrik bau menyengat", "limbah cair dibuang ke sungai ikan mati"),
    ("anjing liar menggigit warga", "sapi berkeliaran di jalan raya"),
    ("balap liar tiap malam minggu", "musik karaoke keras sampai subuh"),
    ("guru sering tidak masuk", "atap kelas bocor kalau hujan"),
    ("bantuan sosial belum cair", "nama saya tidak ada di daftar penerima bantuan"),
    ("jalan depan rumah saya rusak parah", "jalan poros licin karena tanah tumpah dari truk"),
]
