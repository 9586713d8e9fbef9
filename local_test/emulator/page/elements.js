// Elements and texts. Whatever comes from the emulator becomes text, never markup.

const byId = id => document.getElementById(id);

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") made.className = value;
    else if (typeof value === "boolean") made.toggleAttribute(name, value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// Written only where it changed, so that what reads the page aloud isn't told of what stayed.
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function mark(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

function show(node, visible) {
  if (node.hidden === visible) node.hidden = !visible;
}

// One child for each item, kept for as long as its key is there: focus and what was typed stay where they are.
function match(parent, items, keyOf, make, update) {
  const old = new Map([...parent.children].map(child => [child.dataset.key, child]));
  items.forEach((item, index) => {
    const key = keyOf(item, index);
    let child = old.get(key);
    old.delete(key);
    if (!child) {
      child = make(item);
      child.dataset.key = key;
    }
    update(child, item);
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
  for (const child of old.values()) child.remove();
}

const said = byId("said");
function say(text) {
  said.textContent = text;
}

function pill(text, tone = "") {
  return element("span", { class: "pill", "data-tone": tone }, text);
}

function copyButton(pre, what) {
  const button = element("button", { type: "button", class: "small" }, "Copy");
  button.setAttribute("aria-label", `Copy ${what}`);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(pre.textContent);
      say(`Copied ${what}.`);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(pre);
      say("The browser doesn't copy here; the text is selected.");
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  pre.after(button);
}

const MEBIBYTE = 1024 * 1024;
const megabytes = bytes => Math.ceil(bytes / MEBIBYTE);

function span(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const [hours, minutes, rest] = [seconds / 3600, seconds / 60 % 60, seconds % 60].map(Math.floor);
  const parts = hours ? [`${hours} h`, minutes && `${minutes} min`] : [`${minutes} min`, rest && `${rest} s`];
  return parts.filter(Boolean).join(" ");
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;
