// The receipt of a ticket: to copy, to print, to take along to Telegram.

import { dayOf, element, timeOf } from "./bubbles.js";
import { postJson } from "./sending.js";
import { kata } from "./words.js";

export function receiptTools(message) {
  const told = element("p", { role: "status" });
  const tools = element("div", { className: "alat" });
  tools.append(
    tool(kata("salin"), async () => {
      const done = await copy(kata("salinan", { nomor: message.number, kode: message.code }));
      told.textContent = kata(done ? "disalin" : "tidak_disalin");
    }),
    tool(kata("cetak"), () => print(message)),
  );
  if (message.can_link) tools.append(linkTool(message, told, tools));
  tools.append(told);
  return tools;
}

function tool(label, act) {
  const button = element("button", { type: "button" }, label);
  button.addEventListener("click", act);
  return button;
}

function linkTool(message, told, tools) {
  const button = tool(kata("telegram_hubungkan"), async () => {
    try {
      const response = await postJson("/chat/link", { nomor: message.number });
      const body = await response.json();
      if (!response.ok) throw new Error(body.message);
      // A window opened after waiting would be blocked: the citizen opens the link.
      const link = element("a", { href: body.url, target: "_blank", rel: "noopener noreferrer" }, kata("telegram_buka"));
      button.replaceWith(link);
      link.focus();
      told.textContent = kata("telegram_berlaku");
    } catch (error) {
      told.textContent = error.message || kata("telegram_gagal");
    }
  });
  return button;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyOldWay(text);
  }
}

function copyOldWay(text) {
  const field = element("textarea", { value: text, className: "sr" });
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

function print(message) {
  const paper = document.getElementById("cetak");
  const words = element("div", { className: "isi" });
  words.innerHTML = message.html;
  paper.replaceChildren(
    element("h2", {}, kata("cetak_judul")),
    element("p", {}, kata("cetak_waktu", { hari: dayOf(message.at), jam: timeOf(message.at) })),
    words,
    element("p", {}, kata("cetak_lacak", { alamat: `${location.origin}/lacak` })),
  );
  document.body.classList.add("mencetak");
  addEventListener("afterprint", () => document.body.classList.remove("mencetak"), { once: true });
  window.print();
}
