
/** The values of an answer, one a row; undefined where it isn't JSON in one of our forms. */
function values(document) {
  if (Array.isArray(document)) return document;
  const wrapped = document && Object.values(document);
  return wrapped?.length === 1 && Array.isArray(wrapped[0]) ? wrapped[0] : undefined;
}

/** What people read of it, and the whole as it came. */
function showAnswered(heard, ...came) {
  find("heard").replaceChildren(...heard);
  find("came").replaceChildren(...came);
}

function shares(labels, each) {
  const bars = make("dl", { class: "bars" }), most = 12;
  labels.map((label, index) => [label, each[index]]).sort((one, other) => other[1] - one[1]).slice(0, most)
    .forEach(([label, share]) => bars.append(make("dt", {}, make("bdi", {}, String(label))), make("dd", {}, meter(share), make("span", { class: "number" }, percent(share)))));
  return labels.length > most ? [bars, make("p", { class: "quiet" }, `and ${plural(labels.length - most, "label")} more`)] : [bars];
}

/** A short text for each output. */
function byOutput(each) {
  const list = make("dl", { class: "facts outputs" });
  each.forEach((text, index) => list.append(make("div", {}, make("dt", {}, data.outputs[index] ?? String(index + 1)), make("dd", {}, make("bdi", {}, text)))));
  return list;
}

const isPlain = value => value === null || typeof value !== "object";

/** One row's answer, large; nothing where it is more than this page knows to draw. */
function showOne(value) {
  if (isPlain(value)) return [make("p", { class: "big" }, make("bdi", {}, short(value)))];
  if (Array.isArray(value)) return value.length && value.every(isPlain) ? [byOutput(value.map(each => short(each)))] : [];
  const { predicted_label: label, probabilities } = value, several = data.outputs.length > 1;
  if (several && probabilities?.length === data.classes?.length) return [byOutput(probabilities.map(likeliest))];
  const parts = label === undefined ? [] : showOne(label), labels = value.labels ?? data.classes?.[0];
  return !several && Array.isArray(probabilities) && Array.isArray(labels) ? parts.concat(shares(labels, probabilities)) : parts;
}

/** An output's label with the largest share, and how large that is. */
function likeliest(each, output) {
  const most = each.indexOf(Math.max(...each));
  return withShare(data.classes[output][most], each[most]);
}

/** JSON that has room to be wrapped between its parts; numbers stay as they came, to the digit. */
const roomy = text => text.replace(/("(?:[^"\\]|\\.)*")|([,:])(?=\S)/g, (_, string, mark) => string ?? `${mark} `);

function showAnswer(text) {
  let shown = text, parts = [];
  try {
    const document = JSON.parse(text);
    shown = roomy(text);
    const rows = isPlain(document) ? [document] : values(document);
    if (rows?.length === 1) parts = showOne(rows[0]);
    else if (rows) parts = [make("p", { class: "quiet" }, plural(rows.length, "row"))];
  } catch { /* CSV and the like are shown as they came */ }
  if (!text.trim()) showAnswered([make("p", { class: "quiet" }, "The answer is empty.")]);
  else showAnswered(parts, make("pre", { tabindex: "0", role: "group", "aria-label": "The answer as it came" }, shown.trimEnd()));
}

/** The server's own errors have these parts; a script's, and those of what stands between, are shown as they came. */
function showError(text) {
  let lines = [make("p", {}, text || "The server said nothing.")];
  try {
    const { message, hint, code, request_id } = JSON.parse(text).error;
    if (message && code) lines = [make("p", {}, make("b", {}, message)), ...(hint ? [make("p", {}, hint)] : []), make("p", { class: "quiet" }, `${code}, request ${request_id}`)];
  } catch { /* it isn't one of them */ }
  showAnswered([], make("div", { class: "error", role: "alert" }, ...lines));
}

let asking = false;

/** Send the body as it stands; resolves to whether it was answered. */
async function tryIt() {
  if (asking) return false;
  asking = true;
  find("send").setAttribute("aria-disabled", "true");
  find("status").textContent = "Asking …";
  const started = performance.now();
  try {
    const response = await fetch(url("invocations"), { method: "POST", headers: { "Content-Type": contentType() }, body: find("body").value });
    const text = await response.text();
    find("status").textContent = `${response.status} ${response.ok ? "OK" : response.statusText}`.trim() + `, ${short(performance.now() - started, 2)} ms`;
    find("status").className = response.ok ? "quiet" : "quiet bad";
    (response.ok ? showAnswer : showError)(text);
    return response.ok;
  } catch (error) {
    find("status").textContent = "No answer";
    find("status").className = "quiet bad";
    showError(`The server can't be reached: ${error.message}. Does it still run?`);
    return false;
  } finally {
    asking = false;
    find("send").removeAttribute("aria-disabled");
  }
}
