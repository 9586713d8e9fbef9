
const FORMATS = { "application/json": "JSON", "text/csv": "CSV", "application/jsonlines": "JSON Lines" };
const drafts = { ...data.examples };
let format = "application/json";

/** What the body is sent as: a script may take types of its own. */
const contentType = () => find("type").value.trim() || format;

function showFacts() {
  document.title = `${data.name} – Coppice`;
  find("name").replaceChildren(...data.name.split(/(?<=[a-z])(?=[A-Z])/).flatMap(part => [part, make("wbr")]));
  find("version").textContent = data.coppice;
  const made = Object.entries(data.versions).filter(([name]) => ["scikit-learn", "python"].includes(name)).map(([name, version]) => `${name} ${version}`);
  const answers = data.classes ? data.classes.map(labels => labels.slice(0, 6).join(", ") + (labels.length > 6 ? ` … (${labels.length})` : "")).join("; ") : "";
  const facts = { Task: data.task === "other" ? "" : data.task, Engine: data.engine, Trees: data.trees ? data.trees.toLocaleString("en") : "", Classes: answers, "Packed with": made.join(", "), Model: data.model_id };
  for (const [name, text] of Object.entries(facts)) {
    if (text) find("facts").append(make("div", {}, make("dt", {}, name), make("dd", {}, name === "Model" ? make("code", {}, text) : text)));
  }
  if (data.hooks.length) {
    find("script").append("A script answers here: ", make("code", {}, data.hooks.join(", ")), ".");
    if (!data.body_known) find("script").append(" Only it knows what its body is", data.features.length ? "; the one below is what the model alone would take." : ": write one.");
    find("script").hidden = false;
  }
  find("type-label").hidden = data.body_known;
}

function edited() {
  drafts[format] = find("body").value;
  showSnippet();
}

function showBody() {
  find("body").value = drafts[format];
  find("body").rows = Math.max(8, Math.min(18, drafts[format].split("\n").length + 1));
  showSnippet();
}

async function send(event) {
  event?.preventDefault();
  const answered = await tryIt();
  setTimeout(showCalls, 150); // the server notes a call when its answer is sent
  if (answered) askPath();
}

choice(find("formats"), "format", Object.entries(FORMATS), value => {
  format = find("type").value = value;
  showBody();
});
choice(find("clients"), "client", Object.keys(SNIPPETS).map(name => [name, name]), value => {
  client = value;
  showSnippet();
});
find("body").addEventListener("input", edited);
find("body").addEventListener("keydown", event => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send(event);
});
find("try").addEventListener("submit", send);
find("reset").addEventListener("click", () => {
  find("body").value = data.examples[format];
  edited();
});
for (const id of ["endpoint", "type"]) find(id).addEventListener("input", showSnippet);
find("copy").addEventListener("click", copySnippet);
for (const id of ["path-row", "path-tree"]) find(id).addEventListener("change", askPath);

showFacts();
showBody();
startFeatures();
if (data.trees) {
  find("path-tree").max = data.trees;
  find("path-section").hidden = false;
  askPath();
  new ResizeObserver(draw).observe(find("path"));
}
showCalls();
setInterval(() => document.visibilityState === "visible" && showCalls(), 3000);
