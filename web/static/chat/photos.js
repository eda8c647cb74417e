// Photos: chosen, shown before they are sent, made smaller for slow networks.

import { element } from "./bubbles.js";
import { kata } from "./words.js";

const SIDE = 1600;
const THUMBNAIL = 220;
const MAX_PHOTOS = 5;
const MAX_MEGABYTES = 20;

export class Photos {
  constructor(preview, say) {
    this.preview = preview;
    this.say = say;
    this.chosen = [];
  }

  /** Take files of the chooser, the clipboard or a drop. */
  async add(files) {
    for (const file of files) {
      if (this.chosen.length >= MAX_PHOTOS) {
        this.say(kata("foto_terbanyak", { n: MAX_PHOTOS }));
        break;
      }
      if (!file.type.startsWith("image/")) {
        this.say(kata("foto_bukan"));
        continue;
      }
      if (file.size > MAX_MEGABYTES * 1024 * 1024) {
        this.say(kata("foto_besar", { n: MAX_MEGABYTES }));
        continue;
      }
      this.chosen.push(await prepared(file));
    }
    this.show();
  }

  /** Return the chosen photos and forget them. */
  take() {
    const taken = this.chosen;
    this.chosen = [];
    this.show();
    return taken;
  }

  show() {
    this.preview.replaceChildren(...this.chosen.map((photo, place) => this.item(photo, place)));
    this.preview.hidden = this.chosen.length === 0;
  }

  item(photo, place) {
    const remove = element("button", { type: "button", "aria-label": kata("foto_buang", { n: place + 1 }) }, "×");
    remove.addEventListener("click", () => {
      this.chosen.splice(place, 1);
      this.show();
      document.getElementById("tulisan").focus();
    });
    const picture = photo.thumbnail
      ? element("img", { src: photo.thumbnail, alt: kata("foto_ke", { n: place + 1 }) })
      : element("span", {}, kata("foto"));
    return element("li", {}, picture, remove);
  }
}

/** Shrink a photo here: less to send, and the place it was taken at never leaves the phone. */
async function prepared(file) {
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    const small = await drawn(bitmap, SIDE, 0.85);
    const thumbnail = await dataUrl(await drawn(bitmap, THUMBNAIL, 0.7));
    bitmap.close();
    return { blob: small, thumbnail };
  } catch {
    return { blob: file, thumbnail: null }; // the server can read kinds this browser cannot
  }
}

async function drawn(bitmap, side, quality) {
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("empty"))), "image/jpeg", quality);
  });
}

function dataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result));
    reader.addEventListener("error", reject);
    reader.readAsDataURL(blob);
  });
}
