// The chat's page: ties writing, sending, receiving and showing together.

import { botBubble, dayLine, dayOf, element, markPressed, ownBubble, showState } from "./bubbles.js";
import { Memory } from "./memory.js";
import { Photos } from "./photos.js";
import { whereAmI } from "./place.js";
import { Inbound } from "./receiving.js";
import { receiptTools } from "./receipt.js";
import { Outbound, newId, postJson } from "./sending.js";
import { kata } from "./words.js";

const TYPING = 25000;
const LOST_AFTER = 2500; // a short hiccup needs no words
const PARTNERS = ["bot", "menunggu", "petugas"];

const $ = (id) => document.getElementById(id);
const start = $("skrip-chat").dataset;
const list = $("daftar");
const scroller = $("gulir");
const field = $("tulisan");

const memory = new Memory();
const rows = new Map(); // id of an own message → its row
let day = "";
let owner = "bot";
let typingTimer = null;
let lostTimer = null;
let pinned = true; // new messages scroll into view

const photos = new Photos($("pratinjau"), note);
const outbound = new Outbound(memory, showSending, () => inbound.reopen());
const inbound = new Inbound(() => memory.last, {
  history: (messages) => quietly(() => showHistory(messages)),
  message: receive,
  owner: showOwner,
  connected: () => showConnection(""),
  lost: () => showConnection(kata("menyambung")),
});

// ---- showing

function append(row, at) {
  if (dayOf(at) !== day) {
    day = dayOf(at);
    list.append(dayLine(at));
  }
  list.append(row);
  $("pembuka").hidden = true;
}

function show(entry) {
  if (entry.kind === "bot") {
    append(botBubble(entry.message, entry.pressed, acts), entry.message.at);
  } else {
    const row = ownBubble(entry, () => outbound.now());
    rows.set(entry.id, row);
    append(row, entry.at);
  }
}

/** Show much at once without a screen reader reading it all. */
function quietly(work) {
  list.setAttribute("aria-live", "off");
  work();
  toBottom("instant");
  setTimeout(() => list.setAttribute("aria-live", "polite"), 500);
}

function showHistory(messages) {
  const fresh = messages.filter((message) => !memory.knows(message.id));
  if (fresh.length > 0 && memory.entries.length === 0) {
    list.append(element("p", { className: "hari" }, kata("tab_lama")));
  }
  fresh.forEach(keep);
  if (fresh.length > 0) acknowledge();
}

function receive(message) {
  if (memory.knows(message.id)) return;
  showTyping(false);
  keep(message);
  acknowledge();
  if (!pinned) $("ke-bawah").hidden = false;
  else if (list.lastElementChild.offsetHeight < scroller.clientHeight) toBottom();
  else scroller.scrollTo({ top: list.lastElementChild.offsetTop - 12 }); // read from its top
}

function keep(message) {
  const entry = { kind: "bot", message };
  memory.add(entry);
  show(entry);
}

/** Tell the server what has been seen; only then may it forget a receipt. */
async function acknowledge() {
  const [after, last] = [memory.acked, memory.last];
  if (document.hidden || last <= after) return;
  try {
    const response = await postJson("/chat/ack", { last_id: last, after });
    if (response.ok) memory.acked = Math.max(memory.acked, last);
  } catch {
    // The next message or the next look at the page tells it again.
  }
}

function showOwner(now) {
  owner = now;
  $("lawan").textContent = kata(`lawan.${PARTNERS.includes(now) ? now : "bot"}`);
  if (now !== "bot") showTyping(false);
}

function showConnection(text) {
  clearTimeout(lostTimer);
  const place = $("sambungan");
  if (!text) {
    place.hidden = true;
    place.textContent = "";
  } else if (place.hidden) {
    lostTimer = setTimeout(() => {
      place.hidden = false;
      place.textContent = text;
    }, LOST_AFTER);
  }
}

function showTyping(on) {
  clearTimeout(typingTimer);
  $("mengetik").hidden = !on;
  if (on) typingTimer = setTimeout(() => showTyping(false), TYPING);
}

function showSending(id, state, problem) {
  const entry = memory.entries.find((known) => known.id === id);
  if (!entry) return;
  memory.change(entry, { state, problem });
  const row = rows.get(id);
  if (row) showState(row, state, problem, () => outbound.now());
  if (state === "sent" && owner === "bot" && !outbound.items.length) {
    showTyping(lastIsOwn());
    toBottom();
  }
}

const lastIsOwn = () => memory.entries.at(-1)?.kind === "own";

function isAtBottom() {
  return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 120;
}

function toBottom(behavior = "smooth") {
  pinned = true;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  scroller.scrollTo({ top: scroller.scrollHeight, behavior: still ? "instant" : behavior });
  $("ke-bawah").hidden = true;
}

function note(text) {
  $("catatan").textContent = text;
}

// ---- sending

function say(payload, shown, photo = null) {
  const id = newId();
  const entry = { kind: "own", id, at: Date.now(), state: "sending", ...shown };
  memory.add(entry);
  show(entry);
  outbound.add({ id, ...payload }, photo);
  note("");
  toBottom();
}

function sendWritten() {
  const text = field.value.trim();
  const chosen = photos.take();
  chosen.forEach((photo, place) => {
    const words = place === 0 && text ? { text } : {};
    say(words, { ...words, photo: true, thumbnail: photo.thumbnail }, photo.blob);
  });
  if (text && chosen.length === 0) say({ text }, { text });
  field.value = "";
  fit();
  closeAttachments();
  field.focus();
}

async function sendPlace() {
  closeAttachments();
  note(kata("lokasi_mencari"));
  try {
    const place = await whereAmI();
    say(place, { text: kata("lokasi_dikirim") });
  } catch (error) {
    note(error.message);
  }
  field.focus();
}

const acts = {
  press(button, message, group) {
    const entry = memory.entries.find((known) => known.message?.id === message.id);
    // What stands under a receipt or a ticket may be used again; a question is answered once.
    if (!message.number) {
      markPressed(group, button.token);
      if (entry) memory.change(entry, { pressed: button.token });
    }
    say({ token: button.token }, { text: button.label });
  },
  location: sendPlace,
  tools: receiptTools,
};

// ---- the page

function fit() {
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight + 3, 144)}px`;
}

function closeAttachments() {
  $("lampiran").hidden = true;
  $("tambah").setAttribute("aria-expanded", "false");
}

async function end() {
  if (!confirm(kata("yakin_akhiri"))) return;
  inbound.close();
  outbound.forget();
  memory.forget();
  try {
    await postJson("/chat/end", {});
  } finally {
    location.replace("/chat");
  }
}

function listen() {
  $("penulis").addEventListener("submit", (event) => {
    event.preventDefault();
    sendWritten();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      sendWritten();
    }
  });
  field.addEventListener("input", fit);
  field.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    photos.add(files);
  });
  $("tambah").addEventListener("click", () => {
    const open = $("lampiran").hidden;
    $("lampiran").hidden = !open;
    $("tambah").setAttribute("aria-expanded", String(open));
    if (open) $("ambil-foto").focus();
  });
  $("lampiran").addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    closeAttachments();
    $("tambah").focus();
  });
  for (const [button, input] of [["ambil-foto", "berkas-kamera"], ["pilih-foto", "berkas-galeri"]]) {
    $(button).addEventListener("click", () => $(input).click());
    $(input).addEventListener("change", async () => {
      note("");
      await photos.add([...$(input).files]);
      $(input).value = "";
      closeAttachments();
      field.focus();
    });
  }
  $("kirim-lokasi").addEventListener("click", sendPlace);
  $("ke-bawah").addEventListener("click", () => toBottom());
  let top = 0;
  scroller.addEventListener("scroll", () => {
    // Upwards only the citizen scrolls: then new messages must not pull the page away.
    if (scroller.scrollTop < top - 2) pinned = isAtBottom();
    if (isAtBottom()) {
      pinned = true;
      $("ke-bawah").hidden = true;
    }
    top = scroller.scrollTop;
  });
  $("akhiri").addEventListener("click", end);
  for (const button of document.querySelectorAll("[data-perintah], [data-teks]")) {
    if (button.tagName !== "BUTTON") continue;
    button.addEventListener("click", () => {
      const { perintah, teks, label } = button.dataset;
      $("menu").open = false;
      say(perintah ? { command: perintah } : { text: teks }, { text: label ?? teks });
      field.focus();
    });
  }
  document.addEventListener("click", (event) => {
    if (!$("menu").contains(event.target)) $("menu").open = false;
  });
  $("menu").addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    $("menu").open = false;
    $("menu").querySelector("summary").focus();
  });
  document.addEventListener("visibilitychange", acknowledge);
}

/** Photos do not outlive a reload: say so instead of waiting for ever. */
function settleLostPhotos() {
  for (const entry of memory.entries) {
    const isOpen = entry.kind === "own" && (entry.state === "sending" || entry.state === "waiting");
    if (isOpen && !outbound.has(entry.id)) {
      const problem = entry.photo ? kata("foto_belum") : undefined;
      memory.change(entry, { state: entry.photo ? "failed" : "sent", problem });
    }
  }
}

/** Do what the link that led here promised, once. */
function begin() {
  if (start.mulaiPerintah) say({ command: start.mulaiPerintah }, { text: kata("mau_lapor") });
  else if (start.mulaiTeks) say({ text: start.mulaiTeks }, { text: start.mulaiTeks });
  if (location.search) history.replaceState(null, "", "/chat");
}

$("tanpa-skrip").remove();
$("penulis").hidden = false;
settleLostPhotos();
quietly(() => memory.entries.forEach(show));
listen();
inbound.start().then(() => {
  begin();
  outbound.run();
});
if (matchMedia("(pointer: fine)").matches) field.focus();
