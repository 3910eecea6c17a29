// The desk's page: one script, no library, nothing fetched from anywhere but the desk itself.
//
// Article text is hostile. Everything that comes from the desk becomes a text node (`make` gives strings to `append`,
// which never parses them); the few addresses that become links go through `outside`, which lets http and https pass.
// The Content-Security-Policy the desk sends stands behind that: no inline script or style would run anyway.
//
// In order: elements, words for figures, asking the desk, what is live, the views, keys, routes.

"use strict";

// ---------------------------------------------------------------------------------------------------- elements

const byId = (id) => document.getElementById(id);
const main = byId("main");

/** An element with attributes (null and false are left out) and children; strings become text. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

function button(words, does, attributes = {}) {
  const element = make("button", { type: "button", ...attributes }, words);
  element.addEventListener("click", does);
  return element;
}

/** Sets the text only where it differs: figures come each second, and most stay. */
function say(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

/** A link to the outside world; an address that is no web address stays text. */
function outside(address, words = address) {
  let parsed = null;
  try {
    parsed = new URL(address);
  } catch {
    // Not an address at all.
  }
  if (parsed === null || !["http:", "https:"].includes(parsed.protocol)) return make("span", {}, words);
  return make("a", { href: parsed.href, target: "_blank", rel: "noopener noreferrer nofollow" }, words);
}

const articleRoute = (id) => `#/article/${encodeURIComponent(id)}`;

let toastTimer = 0;
function toast(words, bad = false) {
  const element = byId("toast");
  element.textContent = words;
  element.classList.toggle("bad", bad);
  element.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (element.hidden = true), bad ? 12000 : 6000);
}

/** Shows a dialog; true where it ends with the button `yes`. */
function dialog(id, yes) {
  const box = byId(id);
  return new Promise((resolve) => {
    const done = new AbortController();
    const end = (answer) => {
      done.abort();
      box.close();
      resolve(answer);
    };
    const signal = done.signal;
    byId(yes)?.addEventListener("click", () => end(true), { signal });
    box.querySelector("[data-close]").addEventListener("click", () => end(false), { signal });
    box.addEventListener("cancel", () => end(false), { signal });
    box.showModal();
  });
}

// ---------------------------------------------------------------------------------------- words for figures

const wholes = new Intl.NumberFormat("en");
const count = (number) => wholes.format(Math.round(number ?? 0));
const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;
const rate = (number) => (number === null ? "–" : number > 0 && number < 10 ? number.toFixed(1) : count(number));
const share = (number) => (number === null ? "–" : `${Math.round(number * 100)} %`);
const words = (name) => String(name).replaceAll("_", " ");

function bytes(number) {
  let [value, unit] = [number ?? 0, "B"];
  for (const next of ["KiB", "MiB", "GiB", "TiB"]) {
    if (value < 1024) break;
    [value, unit] = [value / 1024, next];
  }
  return `${value < 10 && unit !== "B" ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

function duration(seconds) {
  if (seconds < 10) return `${(seconds ?? 0).toFixed(1)} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A short time, to the millisecond. */
const brief = (seconds) => (seconds < 1 ? `${Math.round((seconds ?? 0) * 1000)} ms` : duration(seconds));

/** A moment of the desk (not of an article) in the reader's own time. */
function moment(iso) {
  const date = new Date(iso);
  if (!iso || Number.isNaN(date.getTime())) return make("span", {}, String(iso ?? "–"));
  const shown = date.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
  return make("time", { datetime: iso, title: iso }, shown);
}

/** The date of an article, as precise as it is known and no more. */
function published(iso) {
  return iso ? String(iso).slice(0, 16).replace("T", " ") : null;
}

// ------------------------------------------------------------------------------------------- asking the desk

let token = null;
let asksForToken = null;

function askForToken(why) {
  byId("token-words").textContent = why;
  byId("token-value").value = "";
  asksForToken ??= dialog("token", "token-yes").then((given) => {
    asksForToken = null;
    if (given) token = byId("token-value").value.trim();
    return given;
  });
  return asksForToken;
}

/** The desk's answer; where it refuses, an error with its words. */
async function request(path, options = {}) {
  const headers = { ...options.headers };
  if (token) headers.Authorization = `Bearer ${token}`;
  let response;
  try {
    response = await fetch(path, { cache: "no-store", ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("the desk does not answer", { cause: error });
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => null);
  const why = body?.error ?? `the desk answers ${response.status} ${response.statusText}`;
  if (response.status === 403 && why.includes("token") && (await askForToken(why))) return request(path, options);
  throw new Error(why);
}

const ask = async (path) => (await request(path)).json();

async function change(path) {
  const headers = { "Content-Type": "application/json", "X-Copydesk": "1" };
  return (await request(path, { method: "POST", headers, body: "{}" })).json();
}

// ----------------------------------------------------------------------------------------------- what is live

/** Seconds of history that are kept; a chart draws the shortest of these spans that holds what there is. */
const HISTORY = 600;
const SPANS = [120, 300, HISTORY];
/** Rates are means over so many seconds: commits come in groups. */
const WINDOW = 5;
/** Articles kept in the list of those that arrived. */
const ARRIVED = 60;
/** Seconds of silence after which the connection is made anew. */
const SILENCE = 15;

const live = { status: null, samples: [], history: [], arrived: [], newest: 0, heard: 0, why: null };

const stageOf = (status, name) => status.stages.find((stage) => stage.name === name);
const sinkOf = (status, name) => status.sinks.find((sink) => sink.name === name);

/** What `of` grew by each second, over the window; null while it is not known. */
function growth(of) {
  const [first, last] = [live.samples[0], live.samples.at(-1)];
  if (!first || first === last) return null;
  const [from, to] = [of(first), of(last)];
  const seconds = last.uptime_seconds - first.uptime_seconds;
  if (from === undefined || to === undefined || seconds <= 0) return null;
  return Math.max(0, to - from) / seconds;
}

/** Seconds from admission to commit, the mean of what was committed between two readings. */
function mean(now, before) {
  const articles = (now?.articles ?? 0) - (before?.articles ?? 0);
  return articles > 0 ? Math.max(0, now.seconds - before.seconds) / articles : 0;
}

function hearStatus(status) {
  const before = live.status;
  if (before && status.uptime_seconds < before.uptime_seconds) {
    // Another process: its counters begin at nought.
    live.samples = [];
    if (status.committed < live.newest) live.newest = 0;
  } else if (before) {
    const seconds = status.uptime_seconds - before.uptime_seconds;
    const grew = (of) => Math.max(0, (of(status) ?? 0) - (of(before) ?? 0)) / Math.max(seconds, 0.001);
    live.history.push({
      at: Date.now(),
      read: grew((one) => stageOf(one, "read")?.received),
      committed: grew((one) => one.committed),
      oldest: status.oldest_pending_seconds,
      latency: mean(status.latency, before.latency),
    });
    live.history.splice(0, live.history.length - HISTORY);
  }
  live.status = status;
  live.samples.push(status);
  while (live.samples.length > 2 && status.uptime_seconds - live.samples[1].uptime_seconds >= WINDOW) {
    live.samples.shift();
  }
  live.heard = Date.now();
  live.why = null;
  showState();
  if (!document.hidden) view?.hear?.(status);
}

function hearArticle(article) {
  if (article.sequence <= live.newest) return;
  live.newest = article.sequence;
  live.arrived.unshift(article);
  live.arrived.length = Math.min(live.arrived.length, ARRIVED);
  view?.arrive?.();
}

function hear(block) {
  let [name, data] = ["message", ""];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    if (line.startsWith("data:")) data += line.slice(5).trimStart();
  }
  if (data === "") return;
  if (name === "status") hearStatus(JSON.parse(data));
  if (name === "article") hearArticle(JSON.parse(data));
}

let listening = null;

/** Server-sent events by fetch and not by EventSource, which can't send a token. */
async function listen() {
  for (;;) {
    listening = new AbortController();
    try {
      const response = await request("api/events", { signal: listening.signal });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        text += part.value;
        const blocks = text.split("\n\n");
        text = blocks.pop();
        blocks.forEach(hear);
      }
      live.why = "the desk ended the connection";
    } catch (error) {
      live.why = error.message;
    }
    showState();
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}

function showState() {
  const [state, status] = [byId("state"), live.status];
  const silence = (Date.now() - live.heard) / 1000;
  const gone = live.why !== null || (status !== null && silence > 5);
  document.body.classList.toggle("stale", gone);
  const [kind, text] =
    gone && live.heard === 0
      ? ["bad", live.why ?? "connecting"]
      : gone
        ? ["bad", `no word for ${duration(silence)}`]
        : status === null
          ? ["", "connecting"]
          : !status.alive
            ? ["bad", "not alive"]
            : status.ready
              ? ["good", "ready"]
              : ["warn", "not ready"];
  state.className = `state ${kind}`;
  say(state, text);
  state.title = status ? [`copydesk ${status.version}`, ...status.reasons].join("\n") : "";
  const bad = status?.quarantined_files ?? 0;
  byId("bad").hidden = bad === 0;
  say(byId("bad"), count(bad));
}

setInterval(() => {
  const silence = (Date.now() - live.heard) / 1000;
  if (live.heard > 0 && silence > 3) showState();
  if (live.heard > 0 && silence > SILENCE) listening?.abort();
}, 1000);

// ----------------------------------------------------------------------------------------------- view: the desk

/** The stages, each with what it does. */
const STAGES = {
  read: "decode, split, number",
  dedup: "same bytes",
  clean: "repair, extract, language",
  near_dedup: "copies, versions",
  entities: "names, dates, money",
  commit: "ledger, atomic",
};

const VERDICTS = ["original", "revision", "near_duplicate", "duplicate", "filtered", "quarantined"];

function meter(kind) {
  const fill = make("i", {});
  return { root: make("span", { class: `meter ${kind}`, "aria-hidden": "true" }, fill), fill };
}

const fill = (one, part) => (one.fill.style.width = `${Math.min(100, Math.max(0, part * 100)).toFixed(1)}%`);

/** A chart of some lines over the last minutes, with what stood where the pointer is. */
function chart(title, unit, lines, format, least = 1) {
  const [width, height] = [600, 100];
  const paths = lines.map((line) => draw("path", { class: `line ${line.kind}` }));
  const cursor = draw("line", { class: "cursor", y1: 0, y2: height, visibility: "hidden" });
  const picture = draw(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": title },
    draw("line", { class: "grid", x1: 0, x2: width, y1: height / 2, y2: height / 2 }),
    ...paths,
    cursor,
  );
  const [top, half, oldest, readout] = [make("span"), make("span"), make("span"), make("span", { class: "readout" })];
  const legend = lines.map((line) => make("span", { class: `key ${line.kind}` }, line.name));
  const root = make(
    "figure",
    { class: "chart" },
    make("figcaption", {}, make("b", {}, title), ...(lines.length > 1 ? legend : []), readout),
    make("div", { class: "plot" }, picture, make("div", { class: "scale", "aria-hidden": "true" }, top, half, make("span", {}, "0"))),
    make("div", { class: "ages", "aria-hidden": "true" }, oldest, make("span", {}, "now")),
  );
  let pointed = null;
  let span = SPANS[0];
  const x = (index, length) => width - (length - 1 - index) * (width / (span - 1));
  const show = () => {
    const history = live.history;
    span = SPANS.find((one) => one >= history.length) ?? HISTORY;
    say(oldest, `${span / 60} min ago`);
    const most = Math.max(...history.map((one) => Math.max(...lines.map((line) => one[line.kind]))), 0);
    const scale = 10 ** Math.floor(Math.log10(Math.max(most, least)));
    const limit = [1, 2, 5, 10].map((step) => step * scale).find((step) => step >= most) ?? 10 * scale;
    lines.forEach((line, index) => {
      const points = history.map((one, at) => {
        const y = height - (one[line.kind] / limit) * height;
        return `${x(at, history.length).toFixed(1)} ${y.toFixed(1)}`;
      });
      const first = x(0, history.length).toFixed(1);
      const area = line.area ? `M${first} ${height}L${points.join("L")}L${width} ${height}Z` : `M${points.join("L")}`;
      paths[index].setAttribute("d", points.length > 1 ? area : "");
    });
    say(top, format(limit));
    say(half, format(limit / 2));
    const at = pointed === null ? history.length - 1 : Math.round(history.length - 1 - (1 - pointed) * (span - 1));
    const one = history[at];
    const values = one ? lines.map((line) => `${lines.length > 1 ? `${line.name} ` : ""}${format(one[line.kind])}`) : ["–"];
    const when = pointed !== null && one ? `${new Date(one.at).toLocaleTimeString("en-GB")}: ` : "";
    say(readout, `${when}${values.join(", ")} ${unit}`);
    picture.setAttribute("aria-label", `${title}: ${values.join(", ")} ${unit}`);
    cursor.setAttribute("visibility", pointed !== null && one ? "visible" : "hidden");
    if (one) {
      cursor.setAttribute("x1", x(at, history.length));
      cursor.setAttribute("x2", x(at, history.length));
    }
  };
  picture.addEventListener("pointermove", (event) => {
    const box = picture.getBoundingClientRect();
    pointed = (event.clientX - box.left) / box.width;
    show();
  });
  picture.addEventListener("pointerleave", () => {
    pointed = null;
    show();
  });
  return { root, show };
}

/** A cell of the drawing of the pipeline: a name, a big figure, a bar, a few words. */
function cell(kind, name, hint) {
  const parts = { figure: make("b", { class: "figure" }, "–"), lines: make("span", { class: "lines" }) };
  parts.root = make(
    "li",
    { class: `cell ${kind}`, "data-name": name },
    make("span", { class: "title", title: hint }, words(name)),
    parts.figure,
    parts.lines,
  );
  return parts;
}

function stageCell(name) {
  const parts = cell("stage", name, STAGES[name] ?? "");
  const [queue, busy, blocked] = [meter("queue"), meter("busy"), meter("blocked")];
  const [waits, works, stands] = [make("span"), make("span"), make("span")];
  const errors = make("span", { class: "error", title: "articles it gave up, or noted a problem of" });
  const line = (label, bar, value, hint) =>
    make("span", { class: "line", title: hint }, make("span", { class: "label" }, label), bar.root, value);
  parts.lines.append(
    line("queue", queue, waits, "articles in the channel before it, of its capacity"),
    line("busy", busy, works, "seconds of work each second; several workers can do more than one"),
    line("blocked", blocked, stands, "seconds each second spent waiting for room in the next stage"),
    errors,
  );
  parts.show = (status) => {
    const stage = stageOf(status, name);
    say(parts.figure, rate(growth((one) => stageOf(one, name)?.received)));
    const spent = (key) => growth((one) => stageOf(one, name)?.[key]);
    const [work, stand] = [spent("busy_seconds"), spent("blocked_seconds")];
    say(waits, stage.depth === null ? "–" : `${count(stage.depth)}/${count(stage.capacity)}`);
    fill(queue, stage.depth === null ? 0 : stage.depth / Math.max(1, stage.capacity));
    say(works, share(work));
    fill(busy, work ?? 0);
    say(stands, share(stand));
    fill(blocked, stand ?? 0);
    const fresh = growth((one) => stageOf(one, name)?.errors) ?? 0;
    const wrong = status.reasons.some((reason) => new RegExp(`\\bstage ${name}\\b`).test(reason)) || fresh > 0;
    say(errors, stage.errors > 0 ? plural(stage.errors, "error") : "");
    parts.root.classList.toggle("bad", wrong);
    parts.root.classList.toggle("warn", (stand ?? 0) > 0.5);
    parts.root.title = `${plural(stage.received, "article")} and ${plural(stage.errors ?? 0, "error")} since the start`;
  };
  return parts;
}

function sinkCell(name) {
  const parts = cell("sink", name, "sink");
  const [kind, lag, error] = [make("span", { class: "faint" }), make("span"), make("span", { class: "error" })];
  parts.lines.append(kind, lag, error);
  parts.show = (status) => {
    const sink = sinkOf(status, name);
    say(parts.figure, rate(growth((one) => sinkOf(one, name)?.delivered)));
    const rejected = sink.rejected > 0 ? `, ${count(sink.rejected)} rejected` : "";
    const failed = sink.errors > 0 ? `, ${plural(sink.errors, "failed call")}` : "";
    say(kind, `${sink.up ? "up" : "down"}, ${sink.required ? "required" : "optional"}${rejected}${failed}`);
    const behind = `${count(sink.lag_articles)} behind, ${bytes(sink.pending_bytes)}, ${duration(sink.lag_seconds)}`;
    say(lag, sink.lag_articles > 0 ? behind : "nothing waits");
    say(error, sink.error ?? "");
    parts.root.classList.toggle("bad", !sink.up);
    parts.root.classList.toggle("warn", sink.up && sink.error !== null);
    parts.root.title = `${count(sink.delivered)} delivered since the start`;
  };
  return parts;
}

function plainCell(kind, name, hint, tell) {
  const parts = cell(kind, name, hint);
  parts.show = (status) => {
    const [figure, ...lines] = tell(status);
    say(parts.figure, figure);
    const text = lines.filter((line) => line !== null);
    if (parts.lines.textContent !== text.join("")) parts.lines.replaceChildren(...text.map((line) => make("span", {}, line)));
  };
  return parts;
}

function deskView() {
  const reasons = make("ul", { class: "notice warn", "aria-label": "Why the desk is not ready", hidden: true });
  const pipeline = make("ol", { class: "pipeline", "aria-label": "Pipeline" });
  const sinks = make("ol", { class: "sinks", "aria-label": "Sinks" });
  const figures = make("dl", { class: "figures" });
  const verdicts = make("div", { class: "verdicts" });
  const list = make("ol", { class: "list", "aria-label": "Articles arriving" });
  const held = button("", () => flush(), { class: "more", hidden: true });
  const nothing = make("p", { class: "faint" }, "Waiting for the desk.");
  const throughput = chart("Throughput", "articles a second", [
    { kind: "committed", name: "committed", area: true },
    { kind: "read", name: "read" },
  ], rate);
  const latency = chart("Latency", "", [{ kind: "latency", name: "admission to commit", area: true }], brief, 0.01);
  const oldest = chart("Oldest pending", "", [{ kind: "oldest", name: "oldest", area: true }], duration);
  let cells = [];
  let names = "";

  const root = make(
    "div",
    { class: "desk" },
    make("h1", { class: "hidden" }, "Desk"),
    reasons,
    make("section", { "aria-label": "Pipeline, articles a second" }, make("div", { class: "flow" }, pipeline, sinks)),
    make(
      "div",
      { class: "columns" },
      make("section", { class: "wide", "aria-label": "Over time" }, throughput.root, latency.root, oldest.root),
      make("section", { class: "narrow", "aria-label": "Figures" }, figures, verdicts),
    ),
    make("section", {}, make("h2", {}, "Arriving"), held, list, nothing),
  );

  function build(status) {
    const inboxes = status.inboxes.map((inbox) =>
      plainCell("inbox", status.inboxes.length > 1 ? `inbox ${inbox.name}` : "inbox", "files in the drop folder", (now) => {
        const one = now.inboxes.find((other) => other.name === inbox.name);
        return [count(one?.files), one?.files === 1 ? "file" : "files", bytes(one?.bytes)];
      }),
    );
    const outbox = plainCell("outbox", "outbox", "what sinks have still to take", (now) => [
      bytes(now.outbox_bytes),
      "on disk",
      now.expired > 0 ? `${count(now.expired)} expired` : null,
    ]);
    const stages = status.stages.map((stage) => stageCell(stage.name));
    const ends = status.sinks.map((sink) => sinkCell(sink.name));
    pipeline.replaceChildren(
      make("li", { class: "group" }, make("ol", { class: "inboxes" }, ...inboxes.map((one) => one.root))),
      ...stages.map((one) => one.root),
      outbox.root,
    );
    sinks.replaceChildren(...ends.map((one) => one.root));
    cells = [...inboxes, ...stages, outbox, ...ends];
  }

  const told = new Map();
  function figure(name, value, hint, bad = false) {
    let element = told.get(name);
    if (!element) {
      element = make("dd", { "data-figure": name.replaceAll(" ", "-") });
      told.set(name, element);
      figures.append(make("div", { title: hint }, make("dt", {}, name), element));
    }
    say(element, value);
    element.classList.toggle("bad", bad);
  }

  function showVerdicts(status) {
    const sum = Object.values(status.verdicts).reduce((a, b) => a + b, 0);
    if (verdicts.childElementCount === 0) {
      verdicts.append(
        make("div", { class: "bar", "aria-hidden": "true" }, ...VERDICTS.map((kind) => make("i", { class: kind }))),
        make("ul", { class: "legend", "aria-label": "Verdicts" }, ...VERDICTS.map((kind) =>
          make("li", {}, make("i", { class: kind, "aria-hidden": "true" }), make("span", {}, words(kind)), make("b", { "data-verdict": kind })))),
      );
    }
    for (const kind of VERDICTS) {
      verdicts.querySelector(`.bar .${kind}`).style.flexGrow = String(sum === 0 ? 0 : (status.verdicts[kind] ?? 0) / sum);
      say(verdicts.querySelector(`[data-verdict=${kind}]`), count(status.verdicts[kind]));
    }
  }

  function hear(status) {
    const now = JSON.stringify([status.inboxes, status.stages, status.sinks].map((all) => all.map((one) => one.name)));
    if (now !== names) build(status);
    names = now;
    cells.forEach((one) => one.show(status));
    reasons.hidden = status.reasons.length === 0;
    if (reasons.textContent !== status.reasons.join("")) {
      reasons.replaceChildren(...status.reasons.map((reason) => make("li", {}, reason)));
    }
    figure("committed", count(status.committed), "arrivals with a verdict in the ledger");
    figure("in flight", count(status.in_flight), "admitted, not yet committed");
    figure("oldest pending", duration(status.oldest_pending_seconds), "age of the oldest article that some required sink lacks");
    figure("in quarantine", plural(status.quarantined_files, "file"), "files that could not be worked on", status.quarantined_files > 0);
    figure("tried again", count(status.retried), "articles that ran again after a crash");
    figure("expired", count(status.expired), "rows an optional sink lost to its limit", status.expired > 0);
    figure("ledger", bytes(status.ledger_bytes), "size on disk");
    figure("disk free", bytes(status.disk_free_bytes), "where the ledger stands");
    figure("up for", duration(status.uptime_seconds), `copydesk ${status.version}`);
    showVerdicts(status);
    throughput.show();
    latency.show();
    oldest.show();
    say(nothing, "Nothing has arrived yet: drop a file into the inbox. Where no sink is a SQLite store, articles can't be shown.");
  }

  /** The list stands still under the pointer and the focus. */
  let shown = 0;
  function arrive() {
    const waiting = live.arrived.filter((article) => article.sequence > shown);
    if (waiting.length === 0) return;
    if (list.childElementCount > 0 && (list.matches(":hover") || list.contains(document.activeElement))) {
      held.hidden = false;
      say(held, `Show ${count(waiting.length)} new`);
      return;
    }
    flush();
  }
  function flush() {
    const waiting = live.arrived.filter((article) => article.sequence > shown);
    list.prepend(...waiting.map((article) => articleRow(article, "")));
    while (list.childElementCount > ARRIVED) list.lastElementChild.remove();
    shown = live.newest;
    held.hidden = true;
    nothing.hidden = list.childElementCount > 0;
  }
  list.addEventListener("pointerleave", () => arrive());

  return {
    root,
    title: "Desk",
    hear,
    arrive,
    show() {
      if (live.status) hear(live.status);
      if (live.newest < shown) {
        shown = 0;
        list.replaceChildren();
      }
      flush();
    },
  };
}

// ------------------------------------------------------------------------------------------ view: the articles

/** Text with the words of a search marked. */
function found(text, query) {
  const terms = [...query.matchAll(/"([^"]+)"|(\S+)/g)].map((term) => (term[1] ?? term[2]).replace(/^\W+|\W+$/gu, "")).filter(Boolean);
  if (terms.length === 0) return [text];
  const escaped = terms.map((term) => term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const parts = text.split(new RegExp(`(${escaped.join("|")})`, "iu"));
  return parts.map((part, at) => (at % 2 === 1 ? make("mark", { class: "hit" }, part) : part));
}

function chip(verdict) {
  return make("span", { class: `chip ${VERDICTS.includes(verdict) ? verdict : ""}` }, words(verdict));
}

function articleRow(article, query) {
  const facts = [article.site ?? article.source, published(article.published), article.language];
  return make(
    "li",
    {},
    make(
      "a",
      { class: "row", href: articleRoute(article.id), "data-id": article.id },
      make("span", { class: "headline", dir: "auto" }, ...found(article.title || "(no title)", query)),
      make("span", { class: "facts" }, chip(article.verdict), ...facts.filter(Boolean).map((fact) => make("bdi", {}, fact))),
      make("span", { class: "snippet", dir: "auto" }, ...found(article.snippet ?? "", query)),
    ),
  );
}

/** A list that is fetched page by page: `fetch(next)` gives `{ rows, next }`. */
function pagedList(label, fetchPage) {
  const list = make("ol", { class: "list", "aria-label": label });
  const more = button("More", () => load(), { class: "more", hidden: true });
  const note = make("p", { class: "faint", role: "status" });
  let [next, busy, generation] = [null, false, 0];
  const watcher = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && load(), {
    rootMargin: "400px",
  });

  async function load() {
    if (busy || next === undefined) return;
    const mine = generation;
    busy = true;
    say(note, "Asking the desk …");
    try {
      const page = await fetchPage(next);
      if (mine !== generation) return;
      list.append(...page.rows);
      next = page.next ?? undefined;
      say(note, page.note);
      requestAnimationFrame(watch);
    } catch (error) {
      if (mine === generation) say(note, error.message);
      if (mine === generation && list.childElementCount === 0) next = undefined;
    } finally {
      if (mine === generation) {
        busy = false;
        more.hidden = next === undefined;
      }
    }
  }
  /** Looked at anew: an observer tells of changes only, and the end of the list may be in sight still. */
  function watch() {
    watcher.unobserve(more);
    watcher.observe(more);
  }
  function restart() {
    generation += 1;
    [next, busy] = [null, false];
    list.replaceChildren();
    more.hidden = true;
    return load();
  }
  return { list, more, note, load, restart, parts: [note, list, more] };
}

function articlesView() {
  let [query, asked, scroll] = ["", null, 0];
  const title = make("h1", {}, "Articles");
  const pages = pagedList("Articles", async (next) => {
    const parameters = new URLSearchParams({ limit: "50" });
    if (query) parameters.set("q", query);
    if (next) parameters.set("before", next);
    const page = await ask(`api/articles?${parameters}`);
    const rows = page.articles.map((article) => articleRow(article, query));
    const sum = pages.list.childElementCount + rows.length;
    const none = query ? `Nothing has “${query}”.` : "The store has no articles yet.";
    return { rows, next: page.next, note: sum === 0 ? none : `${count(sum)}${page.next ? " newest" : ""}, newest first` };
  });
  return {
    root: make("div", { class: "articles" }, title, ...pages.parts),
    title: "Articles",
    show(route) {
      query = (route.parameters.get("q") ?? "").trim();
      byId("words").value = query;
      title.textContent = query ? `Articles with “${query}”` : "Articles";
      if (asked === query && pages.list.childElementCount > 0) {
        requestAnimationFrame(() => window.scrollTo(0, scroll));
        return;
      }
      asked = query;
      scroll = 0;
      pages.restart();
    },
    /** Leaves the list as it is for whoever comes back from an article; a fresh look for everybody else. */
    leave(to) {
      scroll = window.scrollY;
      if (to !== "article") asked = null;
    },
    more: () => pages.load(),
  };
}

// ----------------------------------------------------------------------------------------- view: one article

/**
 * Where the scalar with a given number stands in a string. The desk counts Unicode scalars, JavaScript UTF-16 units:
 * they differ after the first emoji.
 */
function scalarPositions(text) {
  if (!/[\ud800-\udfff]/.test(text)) return (scalar) => Math.min(scalar, text.length);
  const units = [];
  let unit = 0;
  for (const scalar of text) {
    units.push(unit);
    unit += scalar.length;
  }
  return (scalar) => units[scalar] ?? text.length;
}

/** The part of a text between two units, with its mentions marked and its links live. */
function annotated(text, from, to, spans) {
  const here = spans.filter((span) => span.start < to && span.end > from);
  const edges = new Set([from, to]);
  for (const span of here) {
    edges.add(Math.max(span.start, from));
    edges.add(Math.min(span.end, to));
  }
  const places = [...edges].sort((a, b) => a - b);
  return places.slice(1).map((end, at) => {
    const start = places[at];
    let node = text.slice(start, end);
    const covering = here.filter((span) => span.start <= start && span.end >= end);
    const mention = covering.find((span) => span.entity !== undefined);
    const link = covering.find((span) => span.url !== undefined);
    if (mention) {
      const { entity, number } = mention;
      node = make(
        "mark",
        { class: `entity ${entity.type}`, "data-entity": number, "data-type": entity.type, title: entityHint(entity) },
        node,
      );
    }
    return link ? outside(link.url, node) : node;
  });
}

const TYPES = { PER: "person", ORG: "organisation", LOC: "place", NORP: "group", DATE: "date", MONEY: "money" };
const typeName = (type) => TYPES[type] ?? String(type).toLowerCase();
const entityHint = (entity) => `${typeName(entity.type)}: ${entity.name}${entity.ids.length ? ` (${entity.ids.join(", ")})` : ""}`;

function spansOf(record, field, text) {
  const at = scalarPositions(text);
  const spans = record.entities.flatMap((entity, number) =>
    entity.mentions
      .filter((mention) => mention.field === field)
      .map((mention) => ({ start: at(mention.start), end: at(mention.end), entity, number })),
  );
  const links = field === "text" ? record.links : [];
  spans.push(...links.map((link) => ({ start: at(link.start), end: at(link.end), url: link.url })));
  return spans;
}

/** Formats whose text is the source but for what was cut, so that a place in one is a place in the other. */
const PLAIN = ["text", "json", "json_lines", "email"];

/**
 * The text with its cuts in grey between the paragraphs, where they stood. Places of cuts count in the source, which the
 * record does not have: what was cut before is taken off, and the next break between paragraphs is near enough. In a
 * page's markup there is no such place; its cuts are listed at the side only.
 */
function paragraphs(record) {
  const spans = spansOf(record, "text", record.text);
  const waiting = PLAIN.includes(record.source.format) ? [...record.removed].sort((a, b) => a.start - b.start) : [];
  const shown = [];
  let [from, scalars, gone] = [0, 0, 0];
  const cutBefore = (end) => {
    while (waiting.length > 0 && waiting[0].start - gone < end) {
      const cut = waiting.shift();
      gone += cut.end - cut.start;
      const why = [`cut as ${words(cut.reason)}`, cut.evidence].filter(Boolean).join(": ");
      shown.push(make("div", { class: "cut", title: why }, make("span", { class: "reason" }, words(cut.reason)), make("s", { dir: "auto" }, cut.text)));
    }
  };
  for (const paragraph of record.text.split("\n\n")) {
    const length = [...paragraph].length;
    cutBefore(scalars + length / 2);
    shown.push(make("p", { dir: "auto" }, ...annotated(record.text, from, from + paragraph.length, spans)));
    from += paragraph.length + 2;
    scalars += length + 2;
  }
  cutBefore(Infinity);
  return shown;
}

/** A part of the side column; nothing where it has nothing to say. */
function panel(title, number, ...children) {
  const inside = children.flat().filter((child) => child !== null && child !== undefined);
  if (inside.length === 0) return null;
  const heading = make("summary", {}, title, number === null ? null : make("span", { class: "number" }, count(number)));
  return make("details", { class: "panel", open: true }, heading, ...inside);
}

function facts(pairs) {
  const told = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "" && value?.length !== 0);
  if (told.length === 0) return null;
  return make("dl", { class: "facts-list" }, ...told.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
}

function tally(items, key) {
  const counted = new Map();
  for (const item of items) counted.set(item[key], (counted.get(item[key]) ?? 0) + 1);
  return [...counted].sort((a, b) => b[1] - a[1]);
}

function cuts(removals) {
  return make(
    "ol",
    { class: "cuts" },
    ...removals.map((cut) =>
      make(
        "li",
        {},
        make("span", { class: "reason", title: `characters ${cut.start} to ${cut.end} of the source` }, words(cut.reason)),
        cut.evidence ? make("span", { class: "faint" }, cut.evidence) : null,
        make("s", { dir: "auto" }, cut.text),
      ),
    ),
  );
}

// Records of before parts had spans name the language alone.
function languagePart(part) {
  return typeof part === "string" ? part : `${part.code} ${part.start}–${part.end}`;
}

function entityPanel(record, body) {
  const entities = record.entities.map((entity, number) => ({ entity, number }));
  if (entities.length === 0) return null;
  const types = tally(record.entities, "type").map(([type]) => {
    const box = make("input", { type: "checkbox", checked: true });
    box.addEventListener("change", () => body.classList.toggle(`without-${type}`, !box.checked));
    return make("label", { class: `type ${type}` }, box, typeName(type));
  });
  const items = entities.map(({ entity, number }) => {
    let turn = 0;
    const jump = button(
      make("bdi", {}, entity.name),
      () => {
        const marks = body.querySelectorAll(`mark[data-entity="${number}"]`);
        if (marks.length === 0) return;
        const mark = marks[turn++ % marks.length];
        mark.scrollIntoView({ block: "center" });
        body.querySelectorAll("mark.now").forEach((one) => one.classList.remove("now"));
        mark.classList.add("now");
      },
      { class: `jump ${entity.type}`, title: entityHint(entity) },
    );
    const light = (on) => () =>
      body.querySelectorAll(`mark[data-entity="${number}"]`).forEach((mark) => mark.classList.toggle("lit", on));
    jump.addEventListener("pointerenter", light(true));
    jump.addEventListener("pointerleave", light(false));
    jump.addEventListener("focus", light(true));
    jump.addEventListener("blur", light(false));
    return make("li", {}, jump, make("span", { class: "number" }, `×${entity.mentions.length}`));
  });
  const engine = record.entity_engine;
  const reader = (one) => `${one.name} (${one.language}${one.evaluated ? "" : ", not measured on labelled text"})`;
  const readers = engine?.parts?.length > 0 ? [...new Set(engine.parts.map(reader))] : engine ? [reader(engine)] : [];
  const by = readers.length > 0 ? readers.join("; ") : null;
  return panel(
    "Entities",
    entities.length,
    make("div", { class: "types", role: "group", "aria-label": "Types shown" }, ...types),
    make("ul", { class: "entities" }, ...items),
    by ? make("p", { class: "faint" }, by) : null,
  );
}

function articleLink(id, text = id.slice(0, 12)) {
  return make("a", { href: articleRoute(id), title: id }, text);
}

function verdictWords(verdict) {
  const measure = verdict.measure ? `by ${words(verdict.measure)}` : null;
  const similar = typeof verdict.similarity === "number" ? `${(verdict.similarity * 100).toFixed(1)} %` : null;
  return make(
    "span",
    {},
    chip(verdict.kind),
    verdict.of ? " of " : "",
    verdict.of ? articleLink(verdict.of) : null,
    similar || measure ? ` (${[similar, measure].filter(Boolean).join(" ")})` : "",
  );
}

function changesPanel(record) {
  if (!record.changes) return null;
  const now = record.text.split("\n\n");
  const items = record.changes.map((change) =>
    make(
      "li",
      {},
      make("span", { class: "reason" }, words(change.kind)),
      change.old ? make("s", { dir: "auto" }, change.old) : null,
      change.to !== null && now[change.to] ? make("ins", { dir: "auto" }, now[change.to]) : null,
    ),
  );
  return panel("Changed since the version before", items.length, make("ol", { class: "cuts" }, ...items));
}

function receipts(sinks) {
  return make(
    "ul",
    { class: "receipts" },
    ...Object.entries(sinks ?? {}).map(([name, passage]) =>
      make(
        "li",
        { class: passage.state },
        make("b", {}, name),
        make("span", { class: "passage" }, words(passage.state)),
        passage.at ? moment(passage.at) : null,
        passage.reason ? make("span", { class: "error" }, passage.reason) : null,
      ),
    ),
  );
}

function life(arrival) {
  const file = arrival.file ?? {};
  const where = [file.inbox, file.path].filter(Boolean).join(": ");
  const verdict = arrival.verdict;
  const why = typeof verdict === "object" ? verdict : { kind: verdict };
  const cluster = arrival.cluster;
  return make(
    "li",
    {},
    make("ol", { class: "life" },
      make("li", {}, make("b", {}, "seen "), moment(file.seen_at), make("span", { class: "path" }, `${where}, record ${arrival.record}`),
        make("span", { class: "faint" }, `sequence ${arrival.sequence}, file ${words(typeof file.state === "string" ? file.state : "")}`)),
      make("li", {}, make("b", {}, "verdict "), moment(arrival.at), " ", verdictWords(why),
        why.reason ? make("span", { class: "error" }, [words(why.reason), why.detail].filter(Boolean).join(": ")) : null),
      arrival.version
        ? make("li", {}, make("b", {}, `version ${arrival.version.version} `), arrival.version.is_current ? "current, of " : "superseded, of ", articleLink(arrival.version.document))
        : null,
      cluster && cluster.members > 1
        ? make("li", {}, make("b", {}, "story "), `${plural(cluster.members, "article")} by ${cluster.sites.join(", ")}, first seen `, moment(cluster.first_seen), ", last ", moment(cluster.last_seen))
        : null,
      make("li", {}, make("b", {}, arrival.rows > 0 ? "sinks" : "withheld from the sinks"), receipts(arrival.sinks)),
    ),
  );
}

async function tracePanel(record) {
  const { arrivals } = await ask(`api/trace?of=${encodeURIComponent(record.id)}`);
  const address = record.url.supplied ?? record.url.canonical;
  const parts = [make("ol", { class: "lives" }, ...arrivals.map(life))];
  if (address?.includes("://") && (record.version > 1 || !record.is_current)) {
    const others = await ask(`api/trace?of=${encodeURIComponent(address)}`).catch(() => ({ arrivals: [] }));
    const versions = others.arrivals.filter((one) => one.id && one.id !== record.id);
    if (versions.length > 0) {
      const links = versions.map((one) => make("li", {}, articleLink(one.id, `version ${one.version?.version ?? "?"}${one.version?.is_current ? ", current" : ""}`)));
      parts.push(make("h3", {}, "Other versions at its address"), make("ul", {}, ...links));
    }
  }
  return parts;
}

function article(record) {
  const byline = record.authors.map((author) => author.name).join(", ");
  const address = record.url.canonical ?? record.url.supplied;
  const date = (stamp) => (stamp ? `${stamp.value.replace("T", " ")} (${stamp.from}${stamp.confidence === "low" ? ", unsure" : ""})` : null);
  const code = /^[a-z]{2,3}$/.test(record.language.code) && record.language.code !== "und" ? record.language.code : null;
  const title = record.title ?? "";
  const headline = annotated(title, 0, title.length, spansOf(record, "title", title));
  const body = make(
    "article",
    { class: "story", lang: code },
    make("p", { class: "kicker" }, verdictWords(record.verdict), record.version > 1 || !record.is_current ? make("span", { class: "chip" }, `version ${record.version}${record.is_current ? "" : ", superseded"}`) : null),
    make("h1", { dir: "auto" }, ...(title ? headline : ["(no title)"])),
    record.subtitle ? make("p", { class: "subtitle", dir: "auto" }, record.subtitle) : null,
    make("p", { class: "facts" }, ...[byline, record.site ?? record.source.name, published(record.published?.value)].filter(Boolean).map((fact) => make("bdi", {}, fact)), address ? outside(address, "original") : null),
    make("div", { class: "body" }, ...paragraphs(record)),
  );
  const repairs = tally(record.repairs, "kind").map(([kind, number]) => make("li", {}, make("span", {}, words(kind)), make("span", { class: "number" }, `×${count(number)}`)));
  const copies = record.copies;
  const trace = panel("Trace", null, make("p", { class: "faint" }, "Asking the desk …"));
  tracePanel(record)
    .then((parts) => trace.replaceChildren(trace.firstChild, ...parts))
    .catch((error) => trace.replaceChildren(trace.firstChild, make("p", { class: "error" }, error.message)));
  const extra = Object.keys(record.extra ?? {}).length > 0 ? JSON.stringify(record.extra, null, 2) : null;
  const list = (values) => (values.length > 0 ? make("bdi", {}, values.join(", ")) : null);
  const aside = make(
    "aside",
    { "aria-label": "About this article" },
    record.problems.length > 0
      ? panel("Problems", record.problems.length, make("ul", { class: "notice bad" }, ...record.problems.map((problem) => make("li", {}, `${problem.stage}: ${problem.detail}`))))
      : null,
    entityPanel(record, body),
    record.removed.length > 0 ? panel("Cut", record.removed.length, cuts(record.removed)) : null,
    record.marked.length > 0 ? panel("Marked, left in the text", record.marked.length, cuts(record.marked)) : null,
    repairs.length > 0 ? panel("Repairs", record.repairs.length, make("ul", { class: "entities" }, ...repairs)) : null,
    copies
      ? panel("Copies", copies.count, facts([["published by", list(copies.sites)], ["earliest", copies.published]]))
      : null,
    changesPanel(record),
    trace,
    panel("Record", null, facts([
      ["id", make("code", {}, record.id)],
      ["document", record.document === record.id ? null : articleLink(record.document)],
      ["sequence", count(record.sequence)],
      ["source", make("bdi", {}, `${record.source.name}: ${record.source.path}, record ${record.source.record}`)],
      ["format", [record.source.format, record.source.charset, bytes(record.source.bytes)].filter(Boolean).join(", ")],
      ["received", moment(record.source.received_at)],
      ["supplied", record.url.supplied ? outside(record.url.supplied) : null],
      ["canonical", record.url.canonical ? outside(record.url.canonical) : null],
      ["site", record.site],
      ["published", date(record.published)],
      ["modified", date(record.modified)],
      ["authors", list(record.authors.map((author) => `${author.name} (${author.kind})`))],
      ["language", [`${record.language.code}, ${share(record.language.confidence)}`, ...record.language.parts.map(languagePart)].join(", ")],
      ["kind", record.kind],
      ["completeness", record.completeness],
      ["sections", list(record.sections)],
      ["tags", list(record.tags)],
      ["images", list(record.images.map((image) => image.caption ?? image.url))],
      ["conflicts", record.conflicts.length > 0 ? make("ul", {}, ...record.conflicts.map((one) => make("li", {}, `${one.field}: ${one.value} (${one.from})`))) : null],
      ["made by", `copydesk ${record.pipeline.version}, epoch ${record.pipeline.epoch}`],
    ]), extra ? make("details", {}, make("summary", {}, "Other fields of the input"), make("pre", {}, extra)) : null),
  );
  return [body, aside];
}

function articleView() {
  const root = make("div", { class: "one" });
  let asked = 0;
  return {
    root,
    title: "Article",
    async show(route) {
      const mine = ++asked;
      root.replaceChildren(make("p", { class: "faint", role: "status" }, "Asking the desk …"));
      try {
        const record = await ask(`api/articles/${encodeURIComponent(route.name)}`);
        if (mine !== asked) return;
        root.replaceChildren(...article(record));
        document.title = `${record.title ?? "Article"} · copydesk`;
      } catch (error) {
        if (mine === asked) root.replaceChildren(make("p", { class: "notice bad" }, error.message));
      }
    },
    leave: () => (asked += 1),
  };
}

// ---------------------------------------------------------------------------------------- view: the quarantine

function quarantineView() {
  const chosen = new Set();
  let [total, open, asked, busy, names] = [0, null, 0, false, false];
  const detail = make("section", { class: "detail", "aria-label": "The file", "aria-live": "polite" });
  const changed = button("Load again", () => pages.restart(), { class: "more", hidden: true });
  const all = make("input", { type: "checkbox", "aria-label": "Select all that are shown" });
  const retryChosen = button("Try again", () => forEach([...chosen], "retry"), { disabled: true });
  const dropChosen = button("Drop", () => forEach([...chosen], "drop"), { class: "danger", disabled: true });
  const pages = pagedList("Files in quarantine", async (next) => {
    const after = next ? `&after=${encodeURIComponent(next)}` : "";
    const page = await ask(`api/quarantine?limit=100${after}`);
    if (!next) {
      chosen.clear();
      changed.hidden = true;
    }
    total = page.total;
    return { rows: page.files.map(row), next: page.next, note: note(page.files.length) };
  });
  const bar = make("div", { class: "toolbar" }, make("label", {}, all, "all shown"), retryChosen, dropChosen, changed);
  const root = make("div", { class: "quarantine" }, make("div", { class: "files" }, make("h1", {}, "Quarantine"), bar, ...pages.parts), detail);

  function note(more = 0) {
    const shown = pages.list.childElementCount + more;
    if (total === 0) return "Nothing is in quarantine.";
    return shown < total ? `${count(shown)} of ${plural(total, "file")}` : plural(total, "file");
  }

  function row(file) {
    const box = make("input", { type: "checkbox", "aria-label": `Select ${file.name}` });
    box.addEventListener("change", () => {
      if (box.checked) chosen.add(file.name);
      else chosen.delete(file.name);
      choose();
    });
    const at = file.at ?? file.time;
    return make(
      "li",
      { "data-file": file.name },
      box,
      make(
        "a",
        { class: "row", href: `#/quarantine?file=${encodeURIComponent(file.name)}` },
        make("span", { class: "headline" }, make("span", { class: "chip quarantined" }, words(file.reason ?? "?")), make("bdi", {}, file.path ?? file.name)),
        make("span", { class: "facts" }, ...[file.stage, file.bytes === null || file.bytes === undefined ? "no copy kept" : bytes(file.bytes)].filter(Boolean).map((fact) => make("span", {}, fact)), at ? moment(at) : null),
        make("span", { class: "snippet" }, file.detail ?? file.problem ?? ""),
      ),
    );
  }

  const rowOf = (name) => [...pages.list.children].find((item) => item.dataset.file === name);

  function choose() {
    const number = chosen.size;
    retryChosen.disabled = dropChosen.disabled = number === 0 || busy;
    say(retryChosen, number > 1 ? `Try ${count(number)} again` : "Try again");
    say(dropChosen, number > 1 ? `Drop ${count(number)}` : "Drop");
    all.checked = number > 0 && number === pages.list.childElementCount;
    all.indeterminate = number > 0 && !all.checked;
  }

  all.addEventListener("change", () => {
    for (const item of pages.list.children) {
      item.querySelector("input").checked = all.checked;
      if (all.checked) chosen.add(item.dataset.file);
      else chosen.delete(item.dataset.file);
    }
    choose();
  });

  /** Tries files again or drops them, one after the other, until one fails. */
  async function forEach(files, what) {
    if (busy || files.length === 0) return;
    if (what === "drop") {
      const which = files.length === 1 ? files[0] : plural(files.length, "file");
      byId("confirm-words").textContent = `Drop ${which} from quarantine? The kept copy and its reason are removed for good.`;
      if (!(await dialog("confirm", "confirm-yes"))) return;
    }
    busy = true;
    choose();
    let [done, last] = [0, null];
    try {
      for (const name of files) {
        last = await change(`api/quarantine/${encodeURIComponent(name)}/${what}`);
        done += 1;
        gone(name);
      }
      const one = what === "retry" ? `Back in the inbox: ${last.path}` : `Dropped ${last.name}`;
      const many = what === "retry" ? `${plural(done, "file")} back in the inbox` : `${plural(done, "file")} dropped`;
      toast(done === 1 ? one : many);
    } catch (error) {
      toast(done > 0 ? `After ${plural(done, "file")}: ${error.message}` : error.message, true);
    }
    busy = false;
    choose();
  }

  function gone(name) {
    const item = rowOf(name);
    const had = item?.contains(document.activeElement) || detail.contains(document.activeElement);
    const neighbour = item?.nextElementSibling ?? item?.previousElementSibling;
    item?.remove();
    chosen.delete(name);
    total = Math.max(0, total - 1);
    say(pages.note, note());
    if (open === name) location.hash = "#/quarantine";
    if (had) neighbour?.querySelector("a.row").focus();
    if (pages.list.childElementCount < 20 && !pages.more.hidden) pages.load();
  }

  async function look(name) {
    const mine = ++asked;
    open = name;
    for (const item of pages.list.children) item.classList.toggle("open", item.dataset.file === name);
    root.classList.toggle("with-detail", name !== null);
    if (name === null) {
      detail.replaceChildren(make("p", { class: "faint" }, "Choose a file to see why it is here."));
      return;
    }
    try {
      const file = await ask(`api/quarantine/${encodeURIComponent(name)}`);
      if (mine === asked) detail.replaceChildren(...shown(file));
    } catch (error) {
      if (mine === asked) detail.replaceChildren(make("p", { class: "notice bad" }, error.message));
    }
  }

  function shown(file) {
    return [
      make("h2", {}, make("span", { class: "chip quarantined" }, words(file.reason ?? "?")), make("bdi", {}, file.path ?? file.name)),
      make("p", { class: "detail-words" }, file.detail ?? ""),
      make("div", { class: "buttons" },
        make("a", { class: "back", href: "#/quarantine" }, "Back"),
        button("Try again", () => forEach([file.name], "retry"), { id: "retry", title: "moves it back into its inbox (r)" }),
        button("Drop …", () => forEach([file.name], "drop"), { class: "danger", id: "drop" })),
      facts([
        ["name", make("code", {}, file.name)],
        ["stage", file.stage],
        ["when", file.at ? moment(file.at) : null],
        ["size", file.bytes === null || file.bytes === undefined ? "no copy kept" : bytes(file.bytes)],
        ["record", file.record === undefined ? null : `${file.record}${file.line ? `, line ${file.line}` : ""}`],
        ["source", file.source],
        ["attempt", file.attempt],
        ["copy", file.copy_problem],
      ]),
      typeof file.head === "string" ? make("pre", { class: "head", tabindex: "0", "aria-label": "Head of the file" }, file.head) : null,
    ].filter(Boolean);
  }

  return {
    root,
    title: "Quarantine",
    show(route) {
      const name = route.parameters.get("file");
      const first = !names;
      names = true;
      const ready = first ? pages.restart() : Promise.resolve();
      look(name).catch(() => {});
      ready.then(() => rowOf(name)?.classList.add("open"));
    },
    leave: () => (names = false),
    hear(status) {
      changed.hidden = busy || status.quarantined_files === total;
    },
    more: () => pages.load(),
    /** Keys of this view: x selects the focused file, r tries it (or the open one) again. */
    key(pressed) {
      const item = document.activeElement?.closest?.("li[data-file]");
      if (pressed === "x" && item) item.querySelector("input").click();
      const name = item?.dataset.file ?? open;
      if (pressed === "r" && name) forEach([name], "retry");
    },
    back: () => open !== null && ((location.hash = "#/quarantine"), rowOf(open)?.querySelector("a.row").focus(), true),
  };
}

// ------------------------------------------------------------------------------------------------- routes, keys

const views = { desk: deskView(), articles: articlesView(), article: articleView(), quarantine: quarantineView() };
let view = null;
let shownRoute = null;
let steps = 0;

function routeNow() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [first, ...rest] = path.split("/");
  const parameters = new URLSearchParams(query ?? "");
  let name = "";
  try {
    name = decodeURIComponent(rest.join("/"));
  } catch {
    // A broken escape names nothing.
  }
  const kind = Object.hasOwn(views, first) ? first : "desk";
  return { kind, name, parameters };
}

function go() {
  const route = routeNow();
  const next = views[route.kind];
  if (view !== next) {
    view?.leave?.(route.kind);
    main.replaceChildren(next.root);
    window.scrollTo(0, 0);
  } else if (route.kind !== "quarantine") {
    window.scrollTo(0, 0);
  }
  const came = shownRoute;
  [view, shownRoute] = [next, route];
  document.title = `${next.title} · copydesk`;
  for (const link of document.querySelectorAll("nav a")) {
    const here = link.dataset.view === route.kind || (link.dataset.view === "articles" && route.kind === "article");
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (route.kind !== "articles" && route.kind !== "article") byId("words").value = "";
  next.show(route);
  if (came?.kind === "article" && route.kind === "articles") {
    next.root.querySelector(`a.row[data-id="${CSS.escape(came.name)}"]`)?.focus({ preventScroll: true });
  } else if (route.kind === "article") {
    main.focus({ preventScroll: true });
  }
}

window.addEventListener("hashchange", () => {
  steps += 1;
  go();
});

byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});

byId("search").addEventListener("submit", (event) => {
  event.preventDefault();
  const query = byId("words").value.trim();
  const hash = query ? `#/articles?${new URLSearchParams({ q: query })}` : "#/articles";
  if (location.hash === hash) go();
  else location.hash = hash;
  byId("words").blur();
});

function back() {
  if (view.back?.()) return;
  if (shownRoute.kind === "desk") return;
  if (shownRoute.kind === "article" && steps > 0) history.back();
  else location.hash = shownRoute.kind === "article" ? "#/articles" : "#/";
}

function move(by) {
  const rows = [...view.root.querySelectorAll("a.row")];
  if (rows.length === 0) return;
  const at = rows.indexOf(document.activeElement);
  const to = at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by));
  rows[to].focus();
  rows[to].scrollIntoView({ block: "nearest" });
  if (to >= rows.length - 3) view.more?.();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const target = event.target;
  if (target.matches("input:not([type=checkbox])")) {
    if (event.key === "Escape") {
      target.blur();
      event.preventDefault();
    } else if (event.key === "ArrowDown" && target.id === "words") {
      move(1);
      event.preventDefault();
    }
    return;
  }
  const inList = target.closest("a.row, li[data-file]") !== null;
  const does = {
    "/": () => byId("words").select(),
    j: () => move(1),
    k: () => move(-1),
    Escape: back,
    "?": () => dialog("keys"),
    1: () => (location.hash = "#/"),
    2: () => (location.hash = "#/articles"),
    3: () => (location.hash = "#/quarantine"),
    x: () => view.key?.("x"),
    r: () => view.key?.("r"),
    // Elsewhere arrows scroll, as ever, until something in a list has the focus.
    ...(inList || ["articles", "quarantine"].includes(shownRoute.kind) ? { ArrowDown: () => move(1), ArrowUp: () => move(-1) } : {}),
  }[event.key];
  if (!does) return;
  event.preventDefault();
  does();
});

byId("help").addEventListener("click", () => dialog("keys"));
byId("token-value").addEventListener("keydown", (event) => event.key === "Enter" && byId("token-yes").click());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && live.status) view?.hear?.(live.status);
});

go();
listen();
