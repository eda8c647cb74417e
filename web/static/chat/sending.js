// Sends what the citizen wrote: in order, again and again with the same id until it is stored.

import { kata } from "./words.js";

const PAUSES = [1000, 2000, 4000, 8000, 15000];
const TIMEOUT = 20000;
const PHOTO_TIMEOUT = 310000; // a photo over a slow network; the server waits 300 seconds

export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // Outside HTTPS browsers keep randomUUID to themselves.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Outbound {
  /**
   * @param memory keeps the queue over a reload (photos cannot be kept)
   * @param onState called with (id, "sending" | "waiting" | "sent" | "failed", text)
   * @param onNewSession called when the server began a new session for this browser
   */
  constructor(memory, onState, onNewSession) {
    this.memory = memory;
    this.onState = onState;
    this.onNewSession = onNewSession;
    this.items = memory.queue.map((payload) => ({ payload }));
    this.tries = 0;
    this.busy = false;
    this.timer = null;
    addEventListener("online", () => this.now());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.now();
    });
  }

  add(payload, photo = null) {
    this.items.push({ payload, photo });
    this.remember();
    this.run();
  }

  /** Try at once instead of at the end of the pause. */
  now() {
    if (this.busy || this.items.length === 0) return;
    clearTimeout(this.timer);
    this.timer = null;
    this.run();
  }

  forget() {
    clearTimeout(this.timer);
    this.items = [];
  }

  has(id) {
    return this.items.some((item) => item.payload.id === id);
  }

  remember() {
    this.memory.queue = this.items.filter((item) => !item.photo).map((item) => item.payload);
  }

  async run() {
    if (this.busy || this.timer !== null) return;
    this.busy = true;
    while (this.items.length > 0) {
      const item = this.items[0];
      const outcome = await this.attempt(item);
      if (this.items[0] !== item) break; // forgotten meanwhile
      if (outcome.again !== undefined) {
        this.onState(item.payload.id, "waiting", outcome.text);
        this.timer = setTimeout(() => {
          this.timer = null;
          this.run();
        }, outcome.again);
        break;
      }
      this.tries = 0;
      this.items.shift();
      this.remember();
      this.onState(item.payload.id, outcome.failed ? "failed" : "sent", outcome.text);
    }
    this.busy = false;
  }

  async attempt(item) {
    let response;
    try {
      response = item.photo ? await this.postPhoto(item) : await postJson("/chat/messages", item.payload);
    } catch {
      return { again: this.pause() };
    }
    const body = await response.json().catch(() => ({}));
    if (response.ok) {
      if (body.new_session) this.onNewSession();
      return {};
    }
    if (response.status === 429 || response.status === 503) {
      const seconds = Number(response.headers.get("Retry-After")) || 5;
      return { again: seconds * 1000, text: body.message };
    }
    if (response.status >= 500 || response.status === 408) return { again: this.pause() };
    return { failed: true, text: body.message ?? kata("tidak_terkirim") };
  }

  postPhoto({ payload, photo }) {
    const form = new FormData();
    form.set("id", payload.id);
    if (payload.text) form.set("text", payload.text);
    form.set("photo", photo, "foto.jpg");
    return fetch("/chat/photos", { method: "POST", body: form, signal: timeout(PHOTO_TIMEOUT) });
  }

  pause() {
    return PAUSES[Math.min(this.tries++, PAUSES.length - 1)];
  }
}

export function postJson(url, value) {
  return fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(value),
    signal: timeout(TIMEOUT),
  });
}

function timeout(milliseconds) {
  return AbortSignal.timeout ? AbortSignal.timeout(milliseconds) : undefined;
}
