// How one chat is drawn. Text reaches the page only as text nodes, never as markup.

export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export function button(text, className, onClick) {
  const made = element("button", className, text);
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
}

const TAGS = { bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre", blockquote: "blockquote" };

// Entity offsets count UTF-16 units, as JavaScript's own strings do.
export function words(text, entities, onCommand) {
  const line = element("span", "words");
  let at = 0;
  for (const entity of entities || []) {
    if (entity.offset < at) continue;
    line.append(text.slice(at, entity.offset));
    at = entity.offset + entity.length;
    line.append(marked(text.slice(entity.offset, at), entity, onCommand));
  }
  line.append(text.slice(at));
  return line;
}

function marked(text, entity, onCommand) {
  if (entity.type === "bot_command") return button(text, "word", () => onCommand(text));
  if (entity.type === "url" || entity.type === "text_link") {
    const link = element("a", "", text);
    const address = entity.url || text;
    if (/^https?:\/\//.test(address)) link.href = address;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    return link;
  }
  if (entity.type === "spoiler") {
    const hidden = element("span", "spoiler", text);
    hidden.tabIndex = 0;
    return hidden;
  }
  return element(TAGS[entity.type] || "span", "", text);
}

export function size(bytes) {
  if (!bytes) return "";
  return bytes < 1024 ? `${bytes} B` : bytes < 1048576 ? `${(bytes / 1024).toFixed(0)} KB` : `${(bytes / 1048576).toFixed(1)} MB`;
}

function fileRow(file, sign, name) {
  const row = element("a", "file");
  row.href = `/_sim/files/${file.file_unique_id}`;
  row.download = name;
  row.append(element("span", "sign", sign));
  const about = element("span", "about", name);
  about.append(element("small", "", size(file.file_size)));
  row.append(about);
  return row;
}

function media(message, label) {
  if (message.photo) {
    const picture = element("img");
    const big = message.photo[message.photo.length - 1];
    picture.src = `/_sim/files/${big.file_unique_id}`;
    picture.alt = label("kind.photo");
    return picture;
  }
  if (message.document) {
    const name = message.document.file_name || label("kind.document");
    const suffix = name.includes(".") ? name.split(".").pop().slice(0, 4) : "…";
    return fileRow(message.document, suffix, name);
  }
  if (message.sticker) return element("span", "sticker", message.sticker.emoji || "🌹");
  for (const kind of ["voice", "video", "video_note", "audio", "animation"]) {
    if (message[kind]) return fileRow(message[kind], "▶", label(`kind.${kind}`));
  }
  if (message.contact) return element("span", "", `☎ ${message.contact.first_name} · ${message.contact.phone_number}`);
  if (message.location) return element("span", "", `◎ ${message.location.latitude}, ${message.location.longitude}`);
  return null;
}

function above(message, label) {
  const origin = message.forward_origin;
  if (origin) {
    const name = origin.sender_user ? origin.sender_user.first_name : origin.sender_user_name;
    return element("span", "forwarded", `${label("line.forwarded")}: ${name}`);
  }
  const answered = message.reply_to_message;
  return answered ? element("span", "reply-to", answered.text || answered.caption || "…") : null;
}

function meta(shown, label) {
  const line = element("span", "meta");
  const clock = new Date(shown.message.date * 1000);
  if (shown.message.has_protected_content) line.append(icon(SHIELD, label("line.protected")));
  if (shown.silent) line.append(icon(NO_BELL, label("line.silent")));
  if (shown.message.edit_date) line.append(element("span", "", label("line.edited")));
  line.append(element("time", "", clock.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })));
  return line;
}

const SHIELD = "M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6z";
const NO_BELL = "M6 17h12l-1.5-3v-4a4.5 4.5 0 0 0-9 0v4zM10.5 20h3M4 4l16 16";

function icon(path, title) {
  const space = "http://www.w3.org/2000/svg";
  const made = document.createElementNS(space, "svg");
  made.setAttribute("viewBox", "0 0 24 24");
  const name = document.createElementNS(space, "title");
  name.textContent = title;
  const line = document.createElementNS(space, "path");
  line.setAttribute("d", path);
  made.append(name, line);
  return made;
}

function inlineKeys(shown, waiting, acts) {
  const keys = element("div", "inline-keys");
  shown.message.reply_markup.inline_keyboard.forEach((buttons, row) => {
    const line = element("div", "row");
    buttons.forEach((key, column) => {
      if (key.url) {
        const link = element("a", "", `${key.text} ↗`);
        if (/^https?:\/\//.test(key.url)) link.href = key.url;
        link.target = "_blank";
        link.rel = "noopener noreferrer";
        line.append(link);
        return;
      }
      line.append(button(key.text, waiting ? "waiting" : "", () => acts.press(shown.message_id, row, column)));
    });
    keys.append(line);
  });
  return keys;
}

export function drawLine(shown, waiting, acts, label) {
  const message = shown.message;
  const line = element("div", `line ${shown.side}-side`);
  const bubble = element("div", message.photo ? "bubble picture" : "bubble");
  const head = above(message, label);
  const body = media(message, label);
  const text = message.text ?? message.caption;
  if (head) bubble.append(head);
  if (body) bubble.append(body);
  if (text) bubble.append(words(text, message.entities || message.caption_entities, acts.write));
  if (!body && !text) bubble.append(element("span", "words", label("kind.other")));
  bubble.append(meta(shown, label));
  bubble.tabIndex = 0;
  line.append(bubble);
  if (message.reply_markup?.inline_keyboard) line.append(inlineKeys(shown, waiting, acts));
  const tools = element("div", "tools");
  if (shown.side === "phone" && text) tools.append(button(label("line.edit"), "", () => acts.edit(shown)));
  tools.append(button(label("line.delete"), "", () => acts.remove(shown.message_id)));
  bubble.append(tools);
  return line;
}

export function drawGone(count, side, label) {
  const who = label(side === "bot" ? "gone.bot" : "gone.phone");
  return element("div", "gone", count > 1 ? `${who} · ${count}` : who);
}
