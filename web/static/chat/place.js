// The citizen's place: asked only on a press, explained when it cannot be had.

import { kata } from "./words.js";

/** Return {lat, lon}; throws an Error with a sentence for the citizen. */
export function whereAmI() {
  if (!("geolocation" in navigator) || !isSecureContext) {
    return Promise.reject(new Error(kata("lokasi_peramban")));
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
  return kata(error.code === error.PERMISSION_DENIED ? "lokasi_izin" : "lokasi_hilang");
}
