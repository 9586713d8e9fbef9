// Asks the emulator once a second, while somebody looks.

const EVERY = 1000;
const EVERY_WHEN_GONE = 3000;
const PATIENCE = 10000;
let paused = false, gone = false, turn = 0, timer;

// Resolves to what was shown; to undefined where another question overtook this one, or nobody answered.
async function refresh() {
  clearTimeout(timer);
  const mine = ++turn;
  let state;
  try {
    const response = await fetch("/_coppice/status", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    state = await response.json();
  } catch { /* told below */ }
  if (mine !== turn) return state;
  if (state) render(state);
  tellGone(!state);
  if (!paused && !document.hidden) timer = setTimeout(refresh, gone ? EVERY_WHEN_GONE : EVERY);
  return state;
}

function render(state) {
  renderAbout(state);
  renderEndpoints(state.endpoints);
  renderCalls(state);
  renderJobs(state.jobs);
  write(byId("trouble"), state.trouble ?? "");
  show(byId("trouble"), Boolean(state.trouble));
}

function renderAbout({ emulator, endpoints }) {
  const region = endpoints[0]?.region ?? "us-east-1";
  write(byId("exports"), [
    `export AWS_ENDPOINT_URL=${emulator.address}`,
    "export AWS_ACCESS_KEY_ID=local",
    "export AWS_SECRET_ACCESS_KEY=local",
    `export AWS_DEFAULT_REGION=${region}`,
  ].join("\n"));
  write(byId("next"), [
    "coppice deploy --name houses --model model.tar.gz --image coppice:latest \\",
    "  --memory 1024 --role arn:aws:iam::123456789012:role/any --yes",
  ].join("\n"));
  const missing = emulator.not_enforced.join(", ");
  write(byId("where"), `${emulator.address} · ${emulator.backend} backend${missing ? ` · not enforced here: ${missing}` : ""}`);
  const facts = {
    "Backend": emulator.backend === "docker" ? "Docker: instances are containers" : `${emulator.backend}: instances are processes of this checkout`,
    "Not enforced here": missing || "nothing is left out",
    "Idle instances go": `after ${span(emulator.idle_seconds)} without a call`,
    "Registry": emulator.registry ?? "none; the image coppice:latest is this checkout",
    "State": emulator.state ?? "forgotten at the end; coppice local up --state DIR keeps it",
    "Version": emulator.version,
  };
  const rows = Object.entries(facts).flatMap(([name, text]) => [["dt", name, name], ["dd", text, `${name} is`]]);
  match(byId("facts"), rows, row => row[2], row => element(row[0]), (node, row) => write(node, row[1]));
}

function tellGone(now) {
  if (now !== gone) {
    write(byId("gone"), now ? "The emulator doesn't answer. If it has ended, start it again: coppice local up" : "");
    show(byId("gone"), now);
    if (!now) say("The emulator answers again.");
  }
  gone = now;
  document.querySelector("main").toggleAttribute("data-stale", gone);
  write(byId("live"), paused ? "paused" : gone ? "no answer" : "live");
  byId("pulse").classList.toggle("on", !paused && !gone);
}

byId("pause").addEventListener("click", event => {
  paused = !paused;
  event.currentTarget.textContent = paused ? "Go on" : "Pause";
  tellGone(gone);
  if (paused) clearTimeout(timer);
  else refresh();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) clearTimeout(timer);
  else if (!paused) refresh();
});

copyButton(byId("exports"), "the lines for a terminal");
copyButton(byId("next"), "the command");
refresh();
