"use strict";
// Keeps a draft while it is written: some seconds after the last key, and before any other button works.
// Without scripts the page is the same, and "Save" does this by hand. Nothing is kept in the browser.
(() => {
  const form = document.getElementById("entry-form");
  const said = document.getElementById("kept");
  if (!form || !said) return;
  const WAIT = 4000; // milliseconds after the last key

  const read = () => new URLSearchParams(new FormData(form));
  const words = () => {
    const fields = read();
    for (const name of ["csrf", "once", "version"]) fields.delete(name);
    return fields.toString();
  };
  let kept = words();
  let timer = 0;
  let running = Promise.resolve();

  const send = async () => {
    const now = words();
    if (now === kept) return;
    try {
      const answer = await fetch(form.dataset.keep, { method: "POST", body: read(), redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      const told = await answer.json();
      const old = form.elements.version.value;
      for (const field of document.querySelectorAll("input[name=version][data-draft]")) {
        if (field.value === old) field.value = told.version;
      }
      form.elements.once.value = told.once;
      said.textContent = told.said;
      said.className = "hint";
      kept = now;
    } catch {
      said.textContent = form.dataset.lost;
      said.className = "say warn";
    }
  };
  let busy = 0;
  const keep = () => {
    busy += 1;
    running = running.then(send).finally(() => (busy -= 1));
    return running;
  };

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, WAIT);
  });
  let sent = null;
  document.addEventListener("submit", async (event) => {
    clearTimeout(timer);
    const own = event.target === form;
    if (event.target === sent || (!busy && (own || words() === kept))) return;
    // What is on its way changes the version this form names.
    event.preventDefault();
    await (own ? running : keep());
    sent = event.target;
    sent.requestSubmit(event.submitter);
  });
})();

// Keeps what is typed into an answer or a note of a case until it is sent, for whoever types it alone.
(() => {
  const WAIT = 4000; // milliseconds after the last key
  const SMALL = 8000; // letters: more than this no browser sends once a page is gone
  const forms = [...document.querySelectorAll("form[data-scrap]")];
  const keepers = forms.filter((form) => form.elements[form.dataset.scrap]).map((form) => {
    const field = form.elements[form.dataset.scrap];
    const said = form.querySelector(".kept");
    // What the page came with; a quick hand, or a browser that goes back, may have typed more by now.
    let kept = field.defaultValue;
    let timer = 0;
    let busy = 0;
    let over = false;
    let running = Promise.resolve();
    const send = async () => {
      const now = field.value;
      if (over || now === kept) return;
      const told = { field: form.dataset.scrap, words: now };
      for (const name of ["csrf", "once"]) told[name] = form.elements[name].value;
      const body = new URLSearchParams(told);
      try {
        const keepalive = now.length < SMALL;
        const answer = await fetch(form.dataset.keep, { method: "POST", body, redirect: "error", keepalive });
        if (!answer.ok) throw new Error(String(answer.status));
        said.textContent = (await answer.json()).said;
        said.className = "hint kept";
        kept = now;
      } catch {
        said.textContent = form.dataset.lost;
        said.className = "say warn kept";
      }
    };
    const keep = () => {
      clearTimeout(timer);
      busy += 1;
      running = running.then(send).finally(() => (busy -= 1));
      return running;
    };
    const soon = () => {
      clearTimeout(timer);
      timer = setTimeout(keep, WAIT);
    };
    form.addEventListener("input", soon);
    if (field.value !== kept) soon();
    return {
      keep,
      waits: (sent) => busy > 0 || (sent !== form && field.value !== kept),
      settle: (sent) => {
        clearTimeout(timer);
        over = over || sent === form;
        return sent === form ? running : keep();
      },
    };
  });
  if (!keepers.length) return;
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") keepers.forEach((one) => one.keep());
  });
  let passed = null;
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const waits = form !== passed && keepers.some((one) => one.waits(form));
    const settled = keepers.map((one) => one.settle(form));
    if (!waits) return;
    event.preventDefault();
    await Promise.all(settled);
    passed = form;
    form.requestSubmit(event.submitter);
  });
})();
