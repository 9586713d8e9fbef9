
/** The values of an answer, one a row; undefined where it isn't JSON in one of our forms. */
function values(document) {
  if (Array.isArray(document)) return document;
  const wrapped = document && Object.values(document);
  return wrapped?.length === 1 && Array.isArray(wrapped[0]) ? wrapped[0] : undefined;
}

function shares(labels, each) {
  const bars = make("dl", { class: "bars" });
  labels.map((label, index) => [label, each[index]]).sort((one, other) => other[1] - one[1]).slice(0, 12)
    .forEach(([label, share]) => bars.append(make("dt", {}, String(label)), make("dd", {}, meter(share), make("span", { class: "number" }, percent(share)))));
  return bars;
}

/** One row's answer, large. */
function showOne(value) {
  const parts = [];
  const large = text => parts.push(make("p", { class: "big" }, text));
  if (value === null || typeof value !== "object") large(short(value));
  else if (Array.isArray(value)) {
    const list = make("dl", { class: "facts" });
    value.forEach((each, index) => list.append(make("div", {}, make("dt", {}, data.outputs[index] ?? index + 1), make("dd", {}, short(each)))));
    parts.push(list);
  } else {
    if ("predicted_label" in value && !Array.isArray(value.predicted_label)) large(short(value.predicted_label));
    const labels = value.labels ?? data.classes?.[0];
    if (Array.isArray(value.probabilities) && typeof value.probabilities[0] === "number" && labels) parts.push(shares(labels, value.probabilities));
  }
  return parts;
}

function showAnswer(text) {
  let shown = text, parts = [];
  try {
    const document = JSON.parse(text);
    shown = /\d{16}/.test(text) ? text : JSON.stringify(document, null, 1).replace(/\n\s*/g, text.length < 400 ? " " : "$&");
    const rows = values(document);
    if (rows?.length === 1) parts = showOne(rows[0]);
    else if (rows) parts = [make("p", { class: "quiet" }, `${rows.length} rows`)];
  } catch { /* CSV and the like are shown as they came */ }
  find("answer").replaceChildren(...parts, make("pre", { tabindex: "0", "aria-label": "The answer as it came" }, shown.trimEnd()));
}

function showError(text) {
  const lines = [];
  try {
    const { message, hint, code, request_id } = JSON.parse(text).error;
    lines.push(make("p", {}, make("b", {}, message)));
    if (hint) lines.push(make("p", {}, hint));
    lines.push(make("p", { class: "quiet" }, `${code}, request ${request_id}`));
  } catch {
    lines.push(make("p", {}, text || "The server said nothing."));
  }
  find("answer").replaceChildren(make("div", { class: "error", role: "alert" }, ...lines));
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
    const response = await fetch(url("invocations"), { method: "POST", headers: { "Content-Type": format }, body: find("body").value });
    const text = await response.text();
    find("status").textContent = `${response.status} ${response.ok ? "OK" : response.statusText}, ${short(performance.now() - started, 2)} ms`;
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
