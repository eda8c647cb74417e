// What the page says by itself: written in data/replies/chat.yml, rendered into the page.

const WORDS = JSON.parse(document.getElementById("kata").textContent);

/** Return the words of *key*, its {names} filled in. */
export function kata(key, values = {}) {
  return WORDS[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
