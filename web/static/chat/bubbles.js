// Builds what is seen of a message. Only `html` of the server is taken as HTML: it holds
// nothing but b, i, u, s, code, pre, blockquote and checked links. All else is text.

import { kata } from "./words.js";

const ZONE = "Asia/Makassar";
const TIME = new Intl.DateTimeFormat("id-ID", { timeZone: ZONE, hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("id-ID", { timeZone: ZONE, weekday: "long", day: "numeric", month: "long" });

export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

export const timeOf = (at) => TIME.format(new Date(at));
export const dayOf = (at) => DAY.format(new Date(at));

export function dayLine(at) {
  return element("p", { className: "hari" }, dayOf(at));
}

/** A bubble of the citizen; *retry* tries to send at once. */
export function ownBubble(entry, retry) {
  const bubble = element("div", { className: "gelembung" });
  if (entry.thumbnail) {
    bubble.append(element("img", { src: entry.thumbnail, alt: kata("foto_anda") }));
  } else if (entry.photo) {
    bubble.append(element("p", { className: "isi" }, kata("foto")));
  }
  if (entry.text) bubble.append(element("div", { className: "isi" }, entry.text));
  const state = element("span", { className: "keadaan-kirim" });
  const cap = element("p", { className: "cap" }, state, clock(entry.at));
  const row = element(
    "article",
    { className: "pesan pesan--warga" },
    element("span", { className: "sr" }, `${kata("anda")}: `),
    bubble,
    cap,
  );
  showState(row, entry.state, entry.problem, retry);
  return row;
}

export function showState(row, state, problem, retry) {
  const place = row.querySelector(".keadaan-kirim");
  place.replaceChildren();
  place.className = "keadaan-kirim";
  if (state === "sending") place.append(kata("mengirim"));
  if (state === "waiting") {
    place.append(problem ?? kata("mencoba_lagi"), " ");
    place.append(element("button", { type: "button", onclick: retry }, kata("coba_sekarang")));
  }
  if (state === "failed") {
    place.classList.add("gagal");
    place.append(problem ?? kata("tidak_terkirim"));
  }
}

/** A bubble of the desk; *acts* has press(button, message), location(), tools(message). */
export function botBubble(message, pressed, acts) {
  const bubble = element("div", { className: "gelembung" });
  if (message.picture) {
    bubble.append(element("img", { src: message.picture, alt: kata("foto_petugas"), loading: "lazy" }));
  }
  const words = element("div", { className: "isi" });
  words.innerHTML = message.html;
  for (const link of words.querySelectorAll("a")) {
    if (link.origin !== location.origin) link.target = "_blank";
  }
  bubble.append(words);
  if (message.file) {
    bubble.append(
      element("p", { className: "berkas" }, element("a", { href: message.file.url, download: "" }, message.file.label)),
    );
  }
  if (message.number && message.code) bubble.append(acts.tools(message));
  const row = element(
    "article",
    { className: "pesan pesan--sapa" },
    element("span", { className: "sr" }, `${kata("sapa")}: `),
    bubble,
  );
  const choices = choicesOf(message, pressed, acts);
  if (choices) row.append(choices);
  row.append(element("p", { className: "cap" }, clock(message.at)));
  return row;
}

function choicesOf(message, pressed, acts) {
  if (message.buttons.length === 0 && !message.ask_location) return null;
  const group = element("div", { className: "pilihan", role: "group", "aria-label": kata("pilihan") });
  if (message.ask_location) {
    group.append(
      element(
        "div",
        { className: "pilihan-baris" },
        element("button", { type: "button", onclick: acts.location }, kata("lokasi_kirim")),
      ),
    );
  }
  for (const row of message.buttons) {
    const line = element("div", { className: "pilihan-baris" });
    for (const button of row) {
      const made = element("button", { type: "button" }, button.label);
      made.dataset.token = button.token;
      made.addEventListener("click", () => {
        if (made.getAttribute("aria-disabled") !== "true") acts.press(button, message, group);
      });
      line.append(made);
    }
    group.append(line);
  }
  if (pressed) markPressed(group, pressed);
  return group;
}

/** Grey out the buttons of a question that was answered. They stay readable and focusable. */
export function markPressed(group, token) {
  for (const button of group.querySelectorAll("button")) {
    button.setAttribute("aria-disabled", "true");
    if (button.dataset.token === token) {
      button.classList.add("terpilih");
      button.setAttribute("aria-pressed", "true");
    }
  }
}

function clock(at) {
  return element("time", { dateTime: new Date(at).toISOString() }, timeOf(at));
}
