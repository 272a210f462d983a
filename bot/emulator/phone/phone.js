// The practice phone: watches the stand-in's world and lets a person play every phone in it.
import { button, drawGone, drawLine, element } from "/chat.js";

// Where several bots call, the page's own address names the one to talk to: /?bot=123
const named = new URLSearchParams(location.search).get("bot");
const page = { labels: {}, language: "", view: null, shown: null, drawn: new Map(), pendingEdit: new Map(), toasts: new Map() };
const byId = (id) => document.getElementById(id);
const label = (key) => page.labels[page.language]?.[key] ?? key;

async function call(verb, path, body) {
  const options = { method: verb };
  if (body instanceof FormData) options.body = body;
  else if (body) { options.body = JSON.stringify(body); options.headers = { "content-type": "application/json" }; }
  const answer = await fetch(`/_sim${path}`, options);
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error || said.description);
  return said;
}

function actsOf(phoneId) {
  const act = (name, body = {}) => call("POST", `/phones/${phoneId}/${name}?bot=${named || page.view?.bot?.id || ""}`, body).catch((error) => toast(phoneId, error.message));
  return {
    act,
    write: (text) => act("text", { text }),
    press: (message_id, row, column) => act("press", { message_id, row, column }),
    remove: (message_id) => act("delete", { message_ids: [message_id] }),
    edit: (shown) => beginEdit(phoneId, shown),
    async files(list) {
      for (const file of list) {
        const form = new FormData();
        form.append("file", file);
        await act(/^image\/(jpeg|png|webp)$/.test(file.type) ? "photo" : "document", form);
      }
    },
  };
}

function beginEdit(phoneId, shown) {
  const phone = page.drawn.get(phoneId);
  page.pendingEdit.set(phoneId, shown.message_id);
  phone.field.value = shown.message.text ?? shown.message.caption ?? "";
  phone.root.querySelector(".editing").hidden = false;
  phone.root.querySelector(".editing span").textContent = label("line.editing");
  phone.field.focus();
}

function endEdit(phoneId) {
  page.pendingEdit.delete(phoneId);
  page.drawn.get(phoneId).root.querySelector(".editing").hidden = true;
}

function makePhone(state) {
  const root = byId("phone-template").content.firstElementChild.cloneNode(true);
  const id = state.phone.id;
  const acts = actsOf(id);
  const field = root.querySelector("textarea");
  const phone = { root, acts, field, chat: root.querySelector(".chat"), drawnAs: "" };
  const send = () => {
    const text = field.value.trim();
    if (!text) return;
    const edited = page.pendingEdit.get(id);
    field.value = "";
    grow(field);
    if (edited) { endEdit(id); acts.act("edit", { message_id: edited, text }); } else acts.write(text);
  };
  root.querySelector("form").addEventListener("submit", (event) => { event.preventDefault(); send(); });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); send(); }
    if (event.key === "Escape" && page.pendingEdit.has(id)) { field.value = ""; endEdit(id); }
  });
  field.addEventListener("input", () => grow(field));
  root.querySelector(".editing button").addEventListener("click", () => { field.value = ""; endEdit(id); });
  const picker = root.querySelector("input[type=file]");
  picker.addEventListener("change", async () => { await acts.files([...picker.files]); picker.value = ""; });
  page.drawn.set(id, phone);
  byId("shelf").append(root);
  return phone;
}

function grow(field) {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
}

function menuItems(state, acts) {
  const item = (key, act, body = {}, className = "") => button(label(key), className, () => acts.act(act, body));
  return [
    item("menu.voice", "voice"),
    item("menu.sticker", "sticker"),
    item("menu.contact", "contact", { phone_number: "+70000000000", first_name: state.phone.first_name }),
    item("menu.location", "location", { latitude: 0, longitude: 0 }),
    item("menu.forward", "forward", { text: label("menu.forward.text"), author_name: label("menu.forward.name") }),
    element("hr"),
    state.blocked ? item("menu.unblock", "unblock") : item("menu.block", "block"),
    item("menu.clear", "clear", {}, "grave"),
    item("menu.delete_account", "delete_account", {}, "grave"),
  ];
}

function nameControls(root) {
  for (const [part, key] of [[".send", "phone.send"], [".attach input", "phone.attach"], [".commands summary", "phone.commands"], [".menu summary", "phone.menu"], ["textarea", "phone.write"], [".chat", "phone.chat"]]) {
    root.querySelector(part).setAttribute("aria-label", label(key));
  }
}

function drawHead(phone, state) {
  nameControls(phone.root);
  const name = state.bot?.name || label("phone.nobody");
  phone.root.querySelector(".avatar").textContent = [...name][0];
  phone.root.querySelector(".bot-name").textContent = name;
  const action = state.action ? label("phone.typing") : state.bot ? label("phone.bot") : label("phone.waiting");
  phone.root.querySelector(".bot-state").textContent = action;
  phone.root.querySelector(".owner").textContent = `${state.phone.first_name} · ${state.phone.language_code || "—"}`;
  phone.root.querySelector(".menu .menu-list").replaceChildren(...menuItems(state, phone.acts));
  const commands = (state.bot?.commands || []).map((command) => {
    const item = button(`/${command.command}`, "", () => phone.acts.write(`/${command.command}`));
    item.append(element("small", "", command.description));
    return item;
  });
  phone.root.querySelector(".commands").hidden = commands.length === 0;
  phone.root.querySelector(".commands .menu-list").replaceChildren(...commands);
}

function drawChat(phone, state) {
  const chat = phone.chat;
  const stuck = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 80;
  const parts = [];
  let gone = null;
  let day = "";
  const flush = () => { if (gone) parts.push(drawGone(gone.count, gone.side, label)); gone = null; };
  for (const shown of state.messages) {
    if (shown.deleted_by) {
      if (gone && gone.side !== shown.deleted_by) flush();
      gone = { side: shown.deleted_by, count: (gone?.count || 0) + 1 };
      continue;
    }
    flush();
    const date = new Date(shown.message.date * 1000).toLocaleDateString(page.language, { day: "numeric", month: "long" });
    if (date !== day) parts.push(element("div", "day", date));
    day = date;
    parts.push(drawLine(shown, state.waiting.includes(shown.message_id), phone.acts, label));
  }
  flush();
  if (!state.started) parts.push(drawEmpty(state));
  if (state.action) parts.push(element("div", "typing", label("phone.typing")));
  chat.replaceChildren(...parts);
  if (stuck || !phone.drawnAs) chat.scrollTop = chat.scrollHeight;
  for (const picture of chat.querySelectorAll("img")) {
    picture.addEventListener("load", () => { if (stuck) chat.scrollTop = chat.scrollHeight; }, { once: true });
  }
}

function drawEmpty(state) {
  const box = element("div", "empty", state.bot ? state.bot.description || label("phone.empty") : label("phone.waiting.long"));
  return box;
}

function drawComposer(phone, state) {
  const shut = state.deleted || state.blocked || !state.started;
  const note = phone.root.querySelector(".blocked-note");
  phone.root.querySelector(".write").hidden = shut;
  note.hidden = !shut;
  note.replaceChildren();
  if (state.deleted) note.textContent = label("phone.deleted");
  else if (shut && state.bot) note.append(button(label(state.blocked ? "phone.restart" : "phone.start"), "start", () => phone.acts.act("start")));
  else if (shut) note.textContent = label("phone.waiting");
  phone.field.placeholder = state.keyboard?.input_field_placeholder || label("phone.write");
  const rows = (!shut && state.keyboard?.keyboard) || [];
  phone.root.querySelector(".keyboard").replaceChildren(...rows.map((keys) => {
    const row = element("div", "row");
    row.append(...keys.map((key) => button(key.text, "", () => phone.acts.write(key.text))));
    return row;
  }));
}

function toast(phoneId, text, isAlert = false) {
  const line = element("div", isAlert ? "toast alert" : "toast", text);
  page.drawn.get(phoneId)?.root.querySelector(".toasts").append(line);
  if (isAlert) line.addEventListener("click", () => line.remove());
  else setTimeout(() => line.remove(), 4500);
}

function drawToasts(state) {
  const seen = page.toasts.get(state.phone.id);
  for (const said of state.toasts || []) if (seen !== undefined && said.number > seen) toast(state.phone.id, said.text, said.alert);
  page.toasts.set(state.phone.id, Math.max(0, seen || 0, ...(state.toasts || []).map((said) => said.number)));
}

function drawPhone(state) {
  const phone = page.drawn.get(state.phone.id) || makePhone(state);
  const { version: _version, ...visible } = state;
  const as = page.language + JSON.stringify(visible);
  if (as === phone.drawnAs) return;
  drawHead(phone, state);
  if (state.bot) drawChat(phone, state); else phone.chat.replaceChildren(drawEmpty(state));
  drawComposer(phone, state);
  drawToasts(state);
  phone.drawnAs = as;
}

function copyable(text, className) {
  const made = button(text, `copy ${className}`, async () => {
    await navigator.clipboard.writeText(text);
    made.classList.add("copied");
    setTimeout(() => made.classList.remove("copied"), 700);
  });
  made.title = label("notes.copy");
  return made;
}

function outside(text, address) {
  const link = element("a", "", text || address);
  if (/^https?:\/\//.test(address)) link.href = address;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  return link;
}

function drawAccount(account) {
  const card = element("div", "account");
  const name = element("div", "name");
  name.append(account.link ? outside(account.name, account.link) : element("strong", "", account.name || ""), element("span", "role", account.role || ""));
  card.append(name);
  if (account.passphrase) card.append(copyable(account.passphrase, ""));
  if (account.code) {
    const code = copyable(account.code, "code");
    code.append(element("small", "", `${account.seconds_left} ${label("notes.seconds")}`));
    card.append(code);
  }
  return card;
}

function drawNotes(notes) {
  const box = byId("notes");
  const has = notes.title || notes.links.length || notes.accounts.length;
  box.hidden = !has;
  if (!has) return;
  const parts = [element("h2", "", notes.title || label("notes.title")), element("p", "caution", label("notes.caution"))];
  if (notes.links.length) {
    const links = element("div", "links");
    links.append(...notes.links.map((each) => outside(each.label, each.url)));
    parts.push(element("h3", "", label("notes.doors")), links);
  }
  if (notes.accounts.length) parts.push(element("h3", "", label("notes.accounts")), ...notes.accounts.map(drawAccount));
  box.replaceChildren(...parts);
}

function drawTabs(view) {
  const names = view.phones.map((state) => [state.phone.id, state.phone.first_name]);
  if (!byId("notes").hidden) names.push(["notes", label("notes.tab")]);
  if (!names.some(([id]) => id === page.shown)) page.shown = names[0]?.[0] ?? null;
  byId("tabs").replaceChildren(...(names.length < 2 ? [] : names.map(([id, name]) => {
    const tab = button(name, "", () => { page.shown = id; draw(); });
    tab.setAttribute("aria-selected", String(id === page.shown));
    return tab;
  })));
  for (const [id, phone] of page.drawn) phone.root.classList.toggle("shown", id === page.shown);
  byId("notes").classList.toggle("shown", page.shown === "notes");
}

function draw() {
  const view = page.view;
  if (!view) return;
  const ids = new Set(view.phones.map((state) => state.phone.id));
  for (const [id, phone] of page.drawn) if (!ids.has(id)) { phone.root.remove(); page.drawn.delete(id); }
  view.phones.forEach(drawPhone);
  drawNotes(view.notes);
  drawTabs(view);
}

function speak(language) {
  page.language = language;
  document.documentElement.lang = language;
  document.title = label("page.title");
  for (const each of document.querySelectorAll("[data-label]")) each.textContent = label(each.dataset.label);
  for (const each of byId("languages").children) each.setAttribute("aria-pressed", String(each.dataset.language === language));
  draw();
}

async function watch() {
  for (;;) {
    try {
      const since = page.view ? `&version=${page.view.version}&wait=4` : "";
      page.view = await call("GET", `/view?bot=${named || ""}${since}`);
      byId("offline").hidden = true;
      draw();
    } catch {
      byId("offline").hidden = false;
      page.view = null;
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
  }
}

byId("languages").addEventListener("click", (event) => { if (event.target.dataset.language) speak(event.target.dataset.language); });
byId("add-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const wishes = Object.fromEntries(new FormData(event.target));
  if (!wishes.first_name) wishes.first_name = label("add.usual");
  const made = await call("POST", "/phones", wishes);
  page.shown = made.phone.id;
  byId("adder").open = false;
  event.target.reset();
});
// A click anywhere else, or on an item, closes an open menu.
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details[open]")) {
    const inside = open.contains(event.target);
    if (!inside || (event.target.closest(".menu-list") && inside)) open.open = false;
  }
});

page.labels = await (await fetch("/labels.json")).json();
speak(navigator.language.startsWith("en") ? "en" : "ru");
const first = await call("GET", "/view");
if (first.phones.length === 0) await call("POST", "/phones", { first_name: label("add.usual"), language_code: page.language });
watch();
