// Endpoints, each a card with its instances.

const TONES = { InService: "good", Failed: "bad", OutOfService: "bad" };
const cards = byId("cards");
const keyOf = endpoint => `${endpoint.region}/${endpoint.name}`;
let statuses = null;

function renderEndpoints(endpoints) {
  write(byId("endpoints-count"), endpoints.length ? String(endpoints.length) : "");
  show(byId("empty"), !endpoints.length);
  match(cards, endpoints, keyOf, endpoint => makeCard(endpoint, endpoints.length === 1), updateCard);
  const now = new Map(endpoints.map(endpoint => [keyOf(endpoint), endpoint]));
  if (statuses) announce(now);
  statuses = now;
}

function announce(now) {
  const news = [...now.values()].filter(one => statuses.get(keyOf(one))?.status !== one.status)
    .map(one => `${one.name} is ${one.status}.`);
  news.push(...[...statuses].filter(([key]) => !now.has(key)).map(([, one]) => `${one.name} is deleted.`));
  if (news.length) say(news.join(" "));
}

function makeCard(endpoint, alone) {
  const title = element("h3", {}, endpoint.name);
  const card = element("article", { class: "card", "aria-label": `Endpoint ${endpoint.name}` });
  const head = element("header", {}, title, pill(""), element("span", { class: "size" }));
  card.append(
    head,
    element("p", { class: "reason", hidden: true }),
    element("ul", { class: "instances", "aria-label": `Instances of ${endpoint.name}` }),
    element("p", { class: "quiet none", hidden: true }),
    tryPart(endpoint, alone),
  );
  return card;
}

function updateCard(card, endpoint) {
  const [status, size] = card.querySelectorAll("header > span");
  write(status, endpoint.status);
  mark(status, "data-tone", TONES[endpoint.status] ?? "wait");
  write(size, [...endpoint.variants.flatMap(variant => capacity(variant, endpoint)), endpoint.region].join(" · "));
  const reason = card.querySelector(".reason");
  write(reason, endpoint.reason ?? "");
  show(reason, Boolean(endpoint.reason));
  const list = card.querySelector(".instances");
  const several = endpoint.variants.length > 1;
  match(list, endpoint.instances, (one, index) => one.id || `cold ${index}`, makeInstance, (row, one) => updateInstance(row, one, several));
  show(list, endpoint.instances.length > 0);
  const none = card.querySelector(".none");
  write(none, endpoint.instances.length ? "" : whyNone(endpoint));
  show(none, Boolean(none.textContent));
  const part = card.querySelector("details");
  show(part, endpoint.status !== "Failed");
  updateTry(part, endpoint);
}

function capacity(variant, endpoint) {
  const name = endpoint.variants.length > 1 ? `${variant.name}: ` : "";
  if (variant.memory_mb === null) return [`${name}real-time`, plural(variant.instances, "instance")];
  const busy = endpoint.instances.filter(one => one.variant === variant.name && one.state !== "idle").length;
  const warm = variant.provisioned ? [`${variant.provisioned} kept warm`] : [];
  return [`${name}${variant.memory_mb} MB`, `${busy} of ${variant.max_concurrency} busy`, ...warm];
}

function whyNone(endpoint) {
  if (endpoint.status === "Failed") return "No instance runs.";
  if (!SERVING.includes(endpoint.status)) return "";
  if (endpoint.variants.some(variant => variant.memory_mb === null)) return "No instance runs now.";
  return "Scaled to zero: the next call starts an instance, and waits for it.";
}

function makeInstance() {
  const bar = element("div", { class: "bar", role: "meter", "aria-valuemin": "0" }, element("i"), element("b"));
  return element("li", {}, pill(""), element("code"), element("span", { class: "age" }),
    element("div", { class: "memory" }, bar, element("span")));
}

function updateInstance(row, one, several) {
  const [state, name, age] = row.children;
  const [bar, text] = row.querySelector(".memory").children;
  const [word, tone] = stateOf(one);
  write(state, word);
  mark(state, "data-tone", tone);
  const id = one.id ? one.id.slice(0, 12) : "no instance yet";
  write(name, several ? `${one.variant} ${id}` : id);
  write(age, one.state === "cold" ? `for ${span(one.age_seconds)}` : `up ${span(one.age_seconds)}`);
  show(bar.parentElement, one.state !== "cold");
  show(bar, one.memory_mb !== null);
  const now = megabytes(one.memory_now_bytes), most = megabytes(one.memory_bytes);
  const limit = one.memory_mb === null ? " MB, no limit here" : ` of ${one.memory_mb} MB`;
  write(text, one.memory_bytes ? `${now}${limit} · peak ${most}` : "not measured yet");
  if (one.memory_mb !== null) fill(bar, one, now, most);
}

function fill(bar, one, now, most) {
  const percent = megabytes => `${Math.min(100, 100 * megabytes / one.memory_mb)}%`;
  mark(bar, "aria-label", `Memory of instance ${one.id.slice(0, 12)}`);
  mark(bar, "aria-valuemax", String(one.memory_mb));
  mark(bar, "aria-valuenow", String(Math.min(now, one.memory_mb)));
  mark(bar, "aria-valuetext", `${now} of ${one.memory_mb} MB, peak ${most}`);
  bar.toggleAttribute("data-full", most > 0.9 * one.memory_mb);
  bar.children[0].style.width = percent(now);
  bar.children[1].style.left = percent(most);
}

function stateOf(one) {
  if (one.state === "cold") return ["cold start", "wait"];
  if (one.state === "busy") return [one.calls > 1 ? `busy, ${one.calls} calls` : "busy", "strong"];
  return one.kept && one.memory_mb !== null ? ["provisioned", "good"] : ["idle", ""];
}
