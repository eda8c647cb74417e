// What this tab remembers of the conversation, so that a reload goes on where it was.
// sessionStorage on purpose: it ends with the tab, and nothing the citizen wrote is asked back
// from the server.

const TRANSCRIPT = "sapa.percakapan";
const QUEUE = "sapa.antrean";
const ACKED = "sapa.terbaca";
const KEPT = 300;

function read(name, fallback) {
  try {
    return JSON.parse(sessionStorage.getItem(name)) ?? fallback;
  } catch {
    return fallback;
  }
}

function write(name, value) {
  try {
    sessionStorage.setItem(name, JSON.stringify(value));
    return true;
  } catch {
    return false; // full or forbidden: the page works on without it
  }
}

export class Memory {
  constructor() {
    this.entries = read(TRANSCRIPT, []);
  }

  get last() {
    return this.entries.reduce((last, entry) => Math.max(last, entry.message?.id ?? 0), 0);
  }

  knows(id) {
    return this.entries.some((entry) => entry.message?.id === id);
  }

  /** Add {kind: "own", ...} or {kind: "bot", message}. */
  add(entry) {
    this.entries.push(entry);
    this.entries = this.entries.slice(-KEPT);
    this.save();
  }

  change(entry, values) {
    Object.assign(entry, values);
    this.save();
  }

  save() {
    if (write(TRANSCRIPT, this.entries)) return;
    // Thumbnails are the heavy part; the words matter more.
    for (const entry of this.entries) delete entry.thumbnail;
    write(TRANSCRIPT, this.entries);
  }

  get queue() {
    return read(QUEUE, []);
  }

  set queue(items) {
    write(QUEUE, items);
  }

  get acked() {
    return read(ACKED, 0);
  }

  set acked(id) {
    write(ACKED, id);
  }

  forget() {
    this.entries = [];
    for (const name of [TRANSCRIPT, QUEUE, ACKED]) sessionStorage.removeItem(name);
  }
}
