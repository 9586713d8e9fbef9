// REPORT lines, as they are in the terminal; and jobs.

const KINDS = { warm: ["warm", ""], cold: ["cold start", "wait"], throttled: ["throttled", "bad"], failed: ["failed", "bad"] };
const calls = byId("calls");
const filter = byId("filter");
let reports = [];

filter.addEventListener("change", () => renderReports(reports));

function renderCalls(state) {
  reports = state.reports;
  const names = new Set([...state.endpoints.map(keyOf), ...reports.map(reportKey)]);
  if (filter.value) names.add(filter.value);  // a choice stays, whatever becomes of the endpoint
  const regions = new Set([...names].map(name => name.split("/")[0]));
  match(filter, ["", ...[...names].sort()], key => key, () => element("option"), (option, key) => {
    const [region, name] = key.split("/");
    write(option, !key ? "all" : regions.size > 1 ? `${name} (${region})` : name);
    option.value = key;
  });
  renderReports(reports);
}

const reportKey = report => `${report.region}/${report.endpoint}`;

function renderReports(all) {
  const shown = all.filter(report => !filter.value || reportKey(report) === filter.value).reverse();
  write(byId("calls-count"), !shown.length ? "" : shown.length === 100 ? "the last 100" : String(shown.length));
  const none = byId("no-calls");
  write(none, filter.value ? "It wasn't called lately." : "Every call leaves a REPORT line here, the newest first.");
  show(none, !shown.length);
  show(calls, shown.length > 0);
  match(calls, shown, report => String(report.number), makeReport, () => {});
}

function makeReport(report) {
  const when = new Date(report.time * 1000);
  const kind = pill(...(KINDS[report.kind] ?? [report.kind]));
  kind.toggleAttribute("data-still", true);
  return element("li", {},
    element("time", { datetime: when.toISOString() }, clock.format(when)),
    element("span", { class: "who" }, report.endpoint, kind),
    element("code", {}, ...report.line.split(/(?<=\S {2})(?=\S)/).map(part => element("span", {}, part))));
}

function renderJobs(jobs) {
  show(byId("jobs"), jobs.length > 0);
  write(byId("jobs-count"), String(jobs.length));
  match(byId("jobs-list"), jobs, job => `${job.kind}/${job.region}/${job.name}/${job.created}`, makeJob, updateJob);
}

function makeJob(job) {
  return element("li", {}, element("strong", {}, job.name), element("span", { class: "quiet" }), pill(""), element("span", { class: "reason", hidden: true }));
}

function updateJob(row, job) {
  const [, what, status, reason] = row.children;
  const seconds = (job.ended ?? Date.now() / 1000) - job.created;
  write(what, `${job.kind} job, ${job.region}, ${span(Math.max(0, seconds))}`);
  write(status, job.status === "InProgress" && job.step ? job.step : job.status);
  mark(status, "data-tone", { Completed: "good", Failed: "bad", Stopped: "" }[job.status] ?? "wait");
  write(reason, job.reason ?? "");
  show(reason, Boolean(job.reason));
}
