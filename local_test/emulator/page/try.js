// The part of a card that calls its endpoint, as AWS's clients do.

const SHOWN_CHARACTERS = 20000, READ_CHARACTERS = 200;
const LEAST_ROWS = 4, MOST_ROWS = 14;
const SERVING = ["InService", "Updating", "SystemUpdating", "RollingBack"];
const TYPES = { "application/json": "JSON", "text/csv": "CSV", "application/jsonlines": "JSON Lines" };

function tryPart(endpoint, open) {
  const types = element("select", { id: `type-${endpoint.region}-${endpoint.name}` }, ...Object.entries(TYPES).map(([type, name]) => element("option", { value: type }, name)));
  const body = element("textarea", { rows: "8", spellcheck: "false", autocapitalize: "off", autocomplete: "off",
    "aria-label": `What to send to ${endpoint.name}` });
  const button = element("button", { class: "primary" }, "Try");
  const outcome = element("span", { role: "status" });
  const answer = element("pre", { class: "answer", tabindex: "0", "aria-label": `Answer of ${endpoint.name}`, hidden: true });
  const report = element("pre", { class: "report", tabindex: "0", "aria-label": "REPORT line of this call", hidden: true });
  const form = element("form", { class: "try" },
    element("p", { class: "quiet note", hidden: true }),
    element("div", { class: "row" }, element("label", { for: `type-${endpoint.region}-${endpoint.name}` }, "Send as"), types),
    body,
    element("div", { class: "row" }, button, element("kbd", {}, "Ctrl + Enter"), outcome),
    element("p", { class: "quiet why", hidden: true }),
    answer, report);
  const part = element("details", {}, element("summary", {}, "Try it", element("span", { class: "unseen" }, `: ${endpoint.name}`)), form);
  part.call = { name: endpoint.name, region: endpoint.region, types, body, button, outcome, answer, report, bodies: {}, busy: false };

  types.addEventListener("change", () => offer(part.call, true));
  form.addEventListener("submit", event => { event.preventDefault(); send(part.call); });
  body.addEventListener("keydown", event => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); send(part.call); }
  });
  part.addEventListener("toggle", () => { if (part.open) fetchExample(part); });
  part.open = open;
  return part;
}

function updateTry(part, endpoint) {
  const { call } = part;
  const why = !SERVING.includes(endpoint.status) ? `It is ${endpoint.status}; it can be called once it is InService.`
    : endpoint.asynchronous ? "It takes asynchronous calls only, whose input lies in S3: coppice invoke --s3." : "";
  call.ready = !why;
  call.button.disabled = Boolean(why);
  const note = part.querySelector(".why");
  write(note, why);
  show(note, Boolean(why));
  if (part.open && call.ready && call.asked === "early") fetchExample(part);
}

// Once for each card; before its endpoint serves, nobody knows its model for sure.
async function fetchExample(part) {
  const { call } = part;
  if (call.asked === "done") return;
  call.asked = call.ready ? "done" : "early";
  const query = new URLSearchParams({ region: call.region, endpoint: call.name });
  try {
    const example = await (await fetch(`/_coppice/example?${query}`)).json();
    call.bodies = example.bodies;
    const note = part.querySelector(".note");
    write(note, example.note);
    show(note, Boolean(example.note));
    offer(call, false);
  } catch {
    call.asked = "early";
  }
}

// Another type's example takes the place of an example, not of what somebody has written.
function offer(call, anyExample) {
  const written = call.body.value;
  const untouched = !written || (anyExample && Object.values(call.bodies).includes(written)) || written === call.offered;
  if (!untouched) return;
  call.body.value = call.offered = call.bodies[call.types.value] ?? "";
  call.body.rows = Math.min(MOST_ROWS, Math.max(LEAST_ROWS, call.body.value.split("\n").length));
}

// Nobody verifies a signature here, but it is where AWS's clients say for which service and region a call is.
const signedFor = region =>
  `AWS4-HMAC-SHA256 Credential=page/20260101/${region}/sagemaker/aws4_request, SignedHeaders=host, Signature=0`;

async function send(call) {
  if (call.busy || !call.ready) return;
  call.busy = true;
  show(call.report, false);
  call.outcome.textContent = "asking …";
  const began = performance.now();
  let requestId = null;
  call.last = null;
  try {
    const response = await fetch(`/endpoints/${encodeURIComponent(call.name)}/invocations`, {
      method: "POST",
      headers: { Authorization: signedFor(call.region), "Content-Type": call.types.value, Accept: "application/json" },
      body: call.body.value,
    });
    const text = await response.text();
    const took = Math.round(performance.now() - began);
    const refused = response.headers.get("x-amzn-ErrorType");
    call.outcome.textContent = `${response.status}${refused ? ` ${refused}` : ""}, ${took} ms`;
    call.answer.textContent = readable(text);
    requestId = response.headers.get("x-amzn-RequestId");
  } catch (error) {
    call.outcome.textContent = "no answer";
    call.answer.textContent = `The emulator can't be reached: ${error.message}. Does it still run?`;
  }
  show(call.answer, true);
  say(`Answer of ${call.name}: ${call.answer.textContent.slice(0, READ_CHARACTERS)}`);
  call.busy = false; // whoever sees the answer may ask again, whether or not its REPORT line is there
  call.last = requestId;
  const state = await refresh();
  if (requestId && call.last === requestId) showReport(call, state, requestId);
}

function readable(text) {
  let shown = text;
  try {
    JSON.parse(text);
    shown = indented(text);
  } catch { /* it isn't JSON, and is shown as it is */ }
  if (!shown.trim()) return "(an empty answer)";
  if (shown.length <= SHOWN_CHARACTERS) return shown;
  return `${shown.slice(0, SHOWN_CHARACTERS)}\n… ${shown.length - SHOWN_CHARACTERS} more characters`;
}

// JSON with its parts on lines of their own. Numbers stay as they came, to the digit: JSON.stringify would round them.
function indented(json) {
  let depth = 0, before = "", out = "";
  for (const part of json.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    const opened = /^[{[]$/.test(before), closes = /^[}\]]$/.test(part);
    if (closes) depth--;
    if (before === "," || opened !== closes) out += `\n${"  ".repeat(depth)}`;
    out += part === ":" ? ": " : part;
    if (/^[{[]$/.test(part)) depth++;
    before = part;
  }
  return out;
}

function showReport(call, state, requestId) {
  const found = state?.reports.find(report => report.request_id === requestId);
  write(call.report, found?.line ?? "");
  show(call.report, Boolean(found));
}
