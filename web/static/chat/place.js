// The citizen's place: asked only on a press, explained when it cannot be had.

const WORDS = "Tulis saja tempatnya, misalnya nama jalan dan kelurahan.";

/** Return {lat, lon}; throws an Error with a sentence for the citizen. */
export function whereAmI() {
  if (!("geolocation" in navigator) || !isSecureContext) {
    return Promise.reject(new Error(`Peramban ini tidak dapat mengirim lokasi. ${WORDS}`));
  }
  return new Promise((resolve, reject) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ lat: coords.latitude, lon: coords.longitude }),
      (error) => reject(new Error(reasonOf(error))),
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 },
    );
  });
}

function reasonOf(error) {
  if (error.code === error.PERMISSION_DENIED) {
    return `Izin lokasi belum diberikan. ${WORDS} Izin dapat diubah di setelan peramban.`;
  }
  return `Lokasi tidak ditemukan. ${WORDS}`;
}
