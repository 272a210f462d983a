// The one script of this register. It reads index files that lie beside the pages and sends nothing anywhere:
// what is typed stays in this window. Data files call subrosa(…); which of them speaks is known by its name.
"use strict";

(() => {
  const form = document.getElementById("search");
  const field = form.elements.q;
  const said = document.getElementById("said");
  const found = document.getElementById("found");
  const more = document.getElementById("more");
  const say = form.dataset;
  const folder = "../search/";
  const language = document.documentElement.lang;
  const SHORTEST = 3; // letters of a word that the index knows
  const STEP = 20; // entries shown at once

  const told = new Map();
  const loading = new Map();
  window.subrosa = (data) => told.set(document.currentScript.getAttribute("src"), data);

  const load = (name) => {
    const path = folder + name;
    if (!loading.has(path)) {
      loading.set(path, new Promise((settle, fail) => {
        const script = document.createElement("script");
        script.src = path;
        script.onload = () => (told.has(path) ? settle(told.get(path)) : fail(new Error(path)));
        script.onerror = () => { loading.delete(path); fail(new Error(path)); };
        document.head.append(script);
      }));
    }
    return loading.get(path);
  };

  // Written as the index is: small letters, no stress marks, е for ё.
  const fold = (text) => text.toLowerCase().normalize("NFC").replace(/ё/g, "е").replace(/\u0301/g, "");

  // A word is looked for by its beginning, so that "Брянска" finds "Брянской".
  const ending = language === "en"
    ? /(?:ings?|ed|es|s)$/
    : /(?:ями|ами|ого|его|ому|ему|ыми|ими|іми|ых|их|іх|ый|ий|ой|ей|ая|яя|ое|ее|ою|ею|ов|ев|ів|ам|ям|ах|ях|ом|ем|ім|им|ым|[аяоеуюыиіїйьє])$/;
  const stem = (word) => {
    const short = word.length > 4 ? word.replace(ending, "") : word;
    return short.length >= SHORTEST + 1 ? short : word;
  };

  const between = (files, low, high) =>
    files.filter(([first], n) => first <= high && (n + 1 === files.length || files[n + 1][0] > low));

  const carriers = async (files, beginning) => {
    const high = beginning + "\uffff";
    const ids = new Set();
    for (const [, name] of between(files, beginning, high)) {
      const words = await load(name);
      for (const [word, entries] of Object.entries(words)) {
        if (word.startsWith(beginning)) entries.forEach((id) => ids.add(id));
      }
    }
    return ids;
  };

  const line = (id, [title, tongue, month]) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `entries/${id}.html`;
    link.lang = tongue;
    link.textContent = title;
    item.append(link);
    if (month) {
      const when = document.createElement("small");
      when.textContent = ` ${month}`;
      item.append(when);
    }
    return item;
  };

  let asked = 0;
  const look = async () => {
    const turn = ++asked;
    const words = fold(field.value).match(new RegExp(`[\\p{L}\\p{N}]{${SHORTEST},40}`, "gu")) || [];
    more.hidden = true;
    if (!words.length) { found.replaceChildren(); said.textContent = field.value.trim() ? say.short : ""; return; }
    said.textContent = say.working;
    try {
      const index = await load(`${language}/index.js`);
      let ids = null;
      for (const word of words) {
        const carrying = await carriers(index.words, stem(word));
        ids = ids === null ? [...carrying] : ids.filter((id) => carrying.has(id));
      }
      if (turn !== asked) return;
      found.replaceChildren();
      said.textContent = ids.length ? say.found.replace("{n}", ids.length) : say.none;
      let shown = 0;
      const show = async () => {
        for (const id of ids.slice(shown, shown + STEP)) {
          const [[, name]] = between(index.titles, id, id).slice(-1);
          const title = (await load(name))[id];
          if (turn !== asked) return;
          if (title) found.append(line(id, title));
        }
        shown += STEP;
        more.hidden = shown >= ids.length;
      };
      more.onclick = show;
      await show();
    } catch {
      if (turn === asked) said.textContent = say.failed;
    }
  };

  form.addEventListener("submit", (event) => { event.preventDefault(); look(); });
  let pause = 0;
  field.addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(look, 250); });
  document.getElementById("without").hidden = true;
  form.hidden = false;
  if (field.value) look();
})();
