// The page that shows a server live: plots of the last ten minutes, and tables.
//
// Owns: the page. Must not: load anything from another server. It requests `/stats` once a second while it is visible.

/**
 * One sample of the server; see `Sample` in src/ops/admin/report.rs.
 * @typedef {Record<string, number> & {time_ms: number, p50_us: number | null, p99_us: number | null}} Sample
 */

const SAMPLE_MS = 1_000;
/** A plot shows all samples, within these bounds. */
const SPAN_MS_MIN = 60_000;
const SPAN_MS_MAX = 600_000;
/** No line connects samples that are further apart. */
const GAP_MS = 5_000;
const PATIENCE_MS = 5_000;
const WIDTH = 600;
const HEIGHT = 92;
const SVG = 'http://www.w3.org/2000/svg';

const plain = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const exact = new Intl.NumberFormat('en', { maximumFractionDigits: 1, minimumFractionDigits: 1 });
const finer = new Intl.NumberFormat('en', { maximumFractionDigits: 2, minimumFractionDigits: 2 });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** A number and its unit, each as a text. @typedef {[string, string]} Amount */

/** @param {number} number @returns {Amount} */
const count = (number) => [plain.format(number), ''];
/** @param {number} number @returns {Amount} */
const rate = (number) => [(number < 10 ? exact : plain).format(number), '/s'];
/** @param {number} number @returns {Amount} */
const cores = (number) => [finer.format(number), number === 1 ? 'core' : 'cores'];
/** @param {number} number @returns {Amount} */
const bytes = (number) => (number < 2 ** 30 * 10 ? [plain.format(number / 2 ** 20), 'MiB'] : [exact.format(number / 2 ** 30), 'GiB']);
/** @param {number | null} us @returns {Amount} */
function latency(us) {
  if (us === null) return ['–', ''];
  if (us < 1_000) return [plain.format(us), 'µs'];
  return [(us < 10_000 ? exact : plain).format(us / 1_000), 'ms'];
}
/** @param {Amount} amount */
const words = ([number, unit]) => (unit && unit !== '/s' ? `${number} ${unit}` : number + unit);

/**
 * The plots.
 * @type {{title: string, lines: {of: string, name?: string}[], show: (number: any) => Amount, step?: number, bad?: boolean, log?: boolean}[]}
 */
const CARDS = [
  { title: 'Users online', lines: [{ of: 'users' }], show: count },
  { title: 'Polls waiting', lines: [{ of: 'parked' }], show: count },
  { title: 'Messages sent', lines: [{ of: 'messages_per_s' }], show: rate },
  { title: 'Packets queued for browsers', lines: [{ of: 'packets_per_s' }], show: rate },
  { title: 'Latency of calls', lines: [{ of: 'p50_us', name: 'p50' }, { of: 'p99_us', name: 'p99' }], show: latency, log: true },
  { title: 'Lost or refused', lines: [{ of: 'losses_per_s' }], show: rate, bad: true },
  { title: 'Processor cores in use', lines: [{ of: 'cores' }], show: cores, step: 0.1 },
  { title: 'Memory', lines: [{ of: 'memory_bytes' }], show: bytes, step: 2 ** 20 },
];

/** @template {keyof HTMLElementTagNameMap} T @param {T} tag @param {string} [name] its class @param {...(Node | string)} inside */
function element(tag, name, ...inside) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(...inside);
  return made;
}

/** @param {string} tag @param {Record<string, string | number>} attributes */
function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, `${value}`);
  return made;
}

/** The next round number; the smallest is `step`. @param {number} number @param {number} step */
function roundUp(number, step) {
  if (number <= step) return step;
  const power = 10 ** Math.floor(Math.log10(number / step));
  const factor = [1, 1.5, 2, 3, 4, 5, 7.5, 10].find((it) => it * power * step >= number) ?? 10;
  return factor * power * step;
}

/**
 * One plot with its numbers.
 */
class Card {
  /** @param {typeof CARDS[number]} card */
  constructor(card) {
    this.card = card;
    const two = card.lines.length > 1;
    this.values = card.lines.map(() => element('span', 'number'));
    this.units = card.lines.map(() => element('span', 'unit'));
    const now = card.lines.map((line, index) => {
      const value = element('span', `value ${two ? 'two' : ''} ${index ? 'second' : 'first'}`);
      if (line.name) value.append(element('span', 'name', line.name));
      value.append(this.values[index], this.units[index]);
      return value;
    });
    this.svg = shape('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' });
    for (const y of [0.5, HEIGHT / 2, HEIGHT - 0.5]) this.svg.append(shape('line', { class: 'grid', x1: 0, x2: WIDTH, y1: y, y2: y }));
    this.area = shape('path', { class: 'area' });
    this.curves = card.lines.map((_, index) => shape('path', { class: `curve ${index ? 'second' : 'first'}` }));
    this.cross = shape('line', { class: 'cross', y1: 0, y2: HEIGHT, visibility: 'hidden' });
    this.svg.append(...(two ? [] : [this.area]), ...this.curves, this.cross);
    [this.top, this.bottom] = [element('span', 'top'), element('span', 'bottom')];
    this.plot = element('div', `plot ${card.bad ? 'bad-plot' : ''}`, this.svg, this.top, this.bottom);
    this.at = element('span', 'at');
    this.table = element('table');
    this.details = element('details', '', element('summary', '', 'Values by minute'), this.table);
    this.details.addEventListener('toggle', () => this.fillTable());
    this.from = element('span');
    const times = element('p', 'times', this.from, this.at, element('span', '', 'now'));
    const caption = element('figcaption', '', card.title);
    this.figure = element('figure', 'card', caption, element('div', 'now', ...now), this.plot, times, this.details);
    /** @type {Sample[]} */
    this.samples = [];
    [this.end, this.span] = [0, SPAN_MS_MIN];
  }

  /** The position of a time on the plot. @param {number} timeMs */
  x(timeMs) {
    return WIDTH * (1 - (this.end - timeMs) / this.span);
  }

  /** @param {Sample[]} samples @param {number} end of the plot, in milliseconds since 1970 @param {number} span of it */
  draw(samples, end, span) {
    [this.samples, this.end, this.span] = [samples, end, span];
    this.from.textContent = `${plain.format(span / 60_000)} min ago`;
    const { lines, show, step = 1, log } = this.card;
    const known = lines.flatMap(({ of }) => samples.map((sample) => sample[of]).filter((value) => value !== null));
    // Latencies differ by orders of magnitude, so their plot is logarithmic.
    const lowest = log ? 10 ** Math.floor(Math.log10(Math.max(1, Math.min(1_000, ...known)))) : 0;
    const highest = roundUp(Math.max(10 * lowest, ...known), log ? lowest : step);
    this.top.textContent = words(show(highest));
    this.bottom.textContent = log ? words(show(lowest)) : '';
    const share = (/** @type {number} */ value) => (log ? Math.log(Math.max(value, lowest) / lowest) / Math.log(highest / lowest) : value / highest);
    const y = (/** @type {number} */ value) => HEIGHT - 1 - (HEIGHT - 3) * share(value);
    lines.forEach(({ of }, index) => {
      const pieces = inPieces(samples, of).map((piece) => piece.map((sample) => `${this.x(sample.time_ms).toFixed(1)} ${y(/** @type {number} */ (sample[of])).toFixed(1)}`));
      // A single point becomes a line of no length, which round ends make a dot.
      this.curves[index].setAttribute('d', pieces.map((points) => `M${points.join('L')}${points.length > 1 ? '' : 'h0'}`).join(''));
      const under = pieces.map((points) => `M${points[0].split(' ')[0]} ${HEIGHT}L${points.join('L')}V${HEIGHT}Z`);
      if (!index) this.area.setAttribute('d', under.join(''));
    });
    if (this.details.open) this.fillTable();
  }

  /** Shows the numbers of one sample: the last one, or the one under the pointer. @param {Sample | undefined} sample @param {boolean} pointed */
  show(sample, pointed) {
    this.card.lines.forEach(({ of }, index) => {
      const [number, unit] = sample ? this.card.show(sample[of]) : ['–', ''];
      this.values[index].textContent = number;
      this.units[index].textContent = unit;
    });
    this.cross.setAttribute('visibility', pointed ? 'visible' : 'hidden');
    this.at.textContent = pointed && sample ? clock.format(sample.time_ms) : '';
    if (!pointed || !sample) return;
    for (const end of ['x1', 'x2']) this.cross.setAttribute(end, `${this.x(sample.time_ms)}`);
  }

  /** The numbers of the plot as a table, for screen readers too. */
  fillTable() {
    if (!this.details.open) return;
    const { lines, show, title } = this.card;
    const minutes = Map.groupBy(this.samples, (sample) => Math.floor(sample.time_ms / 60_000));
    const two = lines.length > 1;
    const heads = lines.flatMap(({ name }) => (two ? [`${name}, mean`, `${name}, maximum`] : ['mean', 'minimum', 'maximum']));
    const rows = [...minutes].reverse().map(([minute, samples]) => [
      clock.format(minute * 60_000).slice(0, 5),
      ...lines.flatMap(({ of }) => {
        const known = samples.map((sample) => sample[of]).filter((value) => value !== null);
        if (!known.length) return two ? ['–', '–'] : ['–', '–', '–'];
        const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
        const shown = two ? [mean, Math.max(...known)] : [mean, Math.min(...known), Math.max(...known)];
        return shown.map((value) => words(show(value)));
      }),
    ]);
    fill(this.table, ['minute', ...heads], rows, title);
  }
}

/** The runs of known numbers without a gap between them. @param {Sample[]} samples @param {string} of */
function inPieces(samples, of) {
  /** @type {Sample[][]} */
  const pieces = [];
  let last = -Infinity;
  for (const sample of samples) {
    if (sample[of] === null) continue;
    if (sample.time_ms - last > GAP_MS) pieces.push([]);
    pieces.at(-1)?.push(sample);
    last = sample.time_ms;
  }
  return pieces;
}

/** @param {HTMLTableElement} table @param {string[]} head @param {(string | Node)[][]} rows @param {string} label */
function fill(table, head, rows, label) {
  const cell = (/** @type {'th' | 'td'} */ tag, /** @type {string | Node} */ inside, /** @type {string} */ scope) => {
    const made = element(tag, '', inside);
    if (tag === 'th') made.setAttribute('scope', scope);
    return made;
  };
  const heads = element('tr', '', ...head.map((name) => cell('th', name, 'col')));
  const body = rows.map((row) => element('tr', '', ...row.map((inside, index) => cell(index ? 'td' : 'th', inside, 'row'))));
  table.setAttribute('aria-label', label);
  table.replaceChildren(element('thead', '', heads), element('tbody', '', ...body));
}

/** @param {string} id @param {string} label @param {string[]} head @param {(string | Node)[][]} rows */
function showTable(id, label, head, rows) {
  const place = /** @type {HTMLElement} */ (document.getElementById(id));
  let table = place.querySelector('table');
  if (!table) place.append((table = element('table')));
  fill(table, head, rows, label);
}

/** @param {number} share */
function bar(share) {
  const inner = element('i');
  inner.style.width = `${share * 100}%`;
  const outer = element('span', 'bar', inner);
  outer.setAttribute('aria-hidden', 'true');
  return element('span', '', outer, `${plain.format(share * 100)} %`);
}

/** @param {number} seconds */
function duration(seconds) {
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60];
  if (days) return `${days} d ${hours} h`;
  return hours ? `${hours} h ${minutes} min` : minutes ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

/** How long ago something was. @param {number | null} ms */
function ago(ms) {
  if (ms === null) return 'never';
  return ms < 10_000 ? `${exact.format(ms / 1_000)} s ago` : `${duration(Math.round(ms / 1_000))} ago`;
}

/** What is wrong, good, or neither. @param {string} state of a node */
function kindOf(state) {
  if (state === 'up') return 'good';
  return ['isolated', 'suspect', 'dead', 'missing', 'refused'].includes(state) ? 'bad' : '';
}

/** The row of a node. @param {any} node @param {boolean} isOwn */
function nodeRow(node, isOwn) {
  const name = element('span', 'node', node.name);
  if (isOwn) name.append(' ', element('span', 'aside', 'this node'));
  if (node.url) name.append(' ', element('span', 'url aside', node.url));
  const pill = element('span', `state ${kindOf(node.state)}`, node.state);
  const state = element('span', '', pill);
  if (node.reason) state.append(' ', element('span', 'aside', node.reason));
  const { link } = node;
  const ofLink = (/** @type {(link: any) => string} */ show) => (link ? show(link) : '–');
  return [
    name,
    state,
    ago(node.heard_ms),
    words(latency(node.round_trip_us)),
    node.users === null ? '–' : plain.format(node.users),
    ofLink((it) => plain.format(it.images)),
    ofLink((it) => `${rate(it.frames_in_per_s)[0]} · ${words(rate(it.frames_out_per_s))}`),
    ofLink((it) => plain.format(it.frames_again)),
    ofLink((it) => plain.format(it.unreachable)),
  ];
}

/** The nodes of a cluster, if the server is one of them. @param {any} cluster */
function showCluster(cluster) {
  const section = /** @type {HTMLElement} */ (document.getElementById('cluster'));
  section.hidden = !cluster;
  if (!cluster) return;
  const { broker, nodes } = cluster;
  const up = nodes.filter((/** @type {any} */ node) => node.state === 'up').length;
  const connection = broker.connected ? `connected to ${broker.url}` : `no connection to ${broker.url}`;
  const facts = /** @type {HTMLElement} */ (document.getElementById('cluster-facts'));
  facts.replaceChildren(
    `${up} of ${nodes.length} up in ${cluster.name} · ${cluster.partition} · `,
    element('span', broker.connected ? '' : 'broken', connection),
  );
  const isBad = (/** @type {any} */ node) => Number(kindOf(node.state) === 'bad');
  const [own, ...others] = nodes;
  const rows = [own, ...others.toSorted((/** @type {any} */ a, /** @type {any} */ b) => isBad(b) - isBad(a))];
  const head = ['Node', 'State', 'Heard', 'Round trip', 'Users', 'Known here', 'Frames in · out', 'Sent again', 'Unanswered'];
  showTable('nodes', 'Nodes', head, rows.map((node) => nodeRow(node, node === own)));
}

/** What this server is, in a word or two. @param {any} report @returns {[string, 'good' | 'bad']} */
function stateOf(report) {
  const still = report.standing_still;
  if (still.length) return [`Standing still: shard ${still.join(', ')}`, 'bad'];
  if (report.draining) return ['Shutting down', 'bad'];
  const own = report.cluster?.nodes[0];
  if (own?.state === 'joining') return ['Joining', 'bad'];
  if (own?.state === 'isolated') return [`Isolated: ${own.reason}`, 'bad'];
  return ['Serving', 'good'];
}

/** @param {any} report as `/stats` answers it */
function showReport(report) {
  state(...stateOf(report));
  showCluster(report.cluster);
  const room = report.connections_per_shard_max * report.shards.length;
  const facts = [
    ['Up', duration(report.uptime_s)],
    ['Connections', `${plain.format(report.now.connections)} of ${plain.format(room)}`],
    ['Rooms', plain.format(report.totals.rooms)],
    ['Version', report.version],
  ];
  const about = /** @type {HTMLElement} */ (document.getElementById('about'));
  about.replaceChildren(...facts.map(([name, value]) => element('div', '', element('dt', '', name), element('dd', '', value))));
  document.title = `${plain.format(report.now.users)} online · NextIM`;
  showTable('shards', 'Shards', ['Shard', 'Busy', 'Users', 'Polls', 'Messages', 'Turn p99', 'Mail waiting'], report.shards.map((/** @type {any} */ shard) => [
    `${shard.shard}`,
    bar(shard.busy),
    plain.format(shard.counters.users),
    plain.format(shard.counters.connections_parked),
    words(rate(shard.messages_per_s)),
    words(latency(shard.turn_p99_us)),
    plain.format(shard.mailbox + shard.counters.mail_waiting),
  ]));
  const domains = report.domains.toSorted((/** @type {any} */ a, /** @type {any} */ b) => b.users - a.users);
  showTable('domains', 'Domains', ['Domain', 'Users', 'Messages', 'Calls', 'Memory waiting', 'Refused', 'Messages since start'], domains.map((/** @type {any} */ domain) => [
    domain.name ?? 'other domains',
    plain.format(domain.users),
    words(rate(domain.messages_per_s)),
    words(rate(domain.calls_per_s)),
    words(bytes(domain.waiting_bytes)),
    plain.format(domain.refused),
    plain.format(domain.messages),
  ]));
  showTable('calls', 'Calls of sites', ['Call', 'Rate', 'p50', 'p99', 'Since start'], report.calls.map((/** @type {any} */ calls) => [
    calls.kind,
    words(rate(calls.per_s)),
    words(latency(calls.p50_us)),
    words(latency(calls.p99_us)),
    plain.format(calls.total),
  ]));
  showTable('losses', 'Lost or refused', ['Reason', 'Rate', 'Since start'], report.losses.map((/** @type {any} */ loss) => [
    loss.help,
    words(rate(loss.per_s)),
    plain.format(loss.total),
  ]));
}

/** @param {string} text @param {'good' | 'bad'} kind */
function state(text, kind) {
  const place = /** @type {HTMLElement} */ (document.getElementById('state'));
  // A text that has not changed is not set again: screen readers would repeat it.
  if (place.textContent !== text) place.textContent = text;
  place.className = `state ${kind}`;
}

/** @param {string} path */
async function fetchJson(path) {
  const answer = await fetch(path, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

const cards = CARDS.map((card) => new Card(card));
/** @type {Sample[]} */
let samples = [];
/** The position of the pointer as a share of the width; null without one. @type {number | null} */
let pointed = null;

/** The milliseconds that the plots show. */
function span() {
  const age = samples.length ? samples[samples.length - 1].time_ms - samples[0].time_ms : 0;
  // Whole minutes, so that the plots stand still while they fill.
  return Math.min(SPAN_MS_MAX, Math.max(SPAN_MS_MIN, Math.ceil(age / 60_000) * 60_000));
}

function showNumbers() {
  const last = samples.at(-1);
  if (pointed === null || !last) return cards.forEach((card) => card.show(last, false));
  const time = last.time_ms - span() * (1 - pointed);
  const nearest = samples.reduce((best, sample) => (Math.abs(sample.time_ms - time) < Math.abs(best.time_ms - time) ? sample : best), last);
  cards.forEach((card) => card.show(nearest, true));
}

function draw() {
  const end = samples.at(-1)?.time_ms ?? Date.now();
  samples = samples.filter((sample) => sample.time_ms >= end - SPAN_MS_MAX);
  for (const card of cards) card.draw(samples, end, span());
  showNumbers();
}

async function update() {
  const report = await fetchJson('/stats');
  const last = samples.at(-1)?.time_ms ?? 0;
  // At the start and after a pause, the history has the samples that were missed.
  if (report.now.time_ms - last > GAP_MS || report.now.time_ms < last) samples = await fetchJson('/history');
  else if (report.now.time_ms > last) samples.push(report.now);
  showReport(report);
  draw();
}

async function run() {
  for (;;) {
    const next = new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    if (!document.hidden) {
      try {
        await update();
        document.body.classList.remove('away');
      } catch {
        state('Cannot be reached', 'bad');
        document.body.classList.add('away');
      }
    }
    await next;
  }
}

document.getElementById('cards')?.append(...cards.map((card) => card.figure));
for (const { plot } of cards) {
  plot.addEventListener('pointermove', (event) => {
    const { left, width } = plot.getBoundingClientRect();
    pointed = Math.min(1, Math.max(0, (event.clientX - left) / width));
    showNumbers();
  });
  for (const end of ['pointerleave', 'pointercancel']) {
    plot.addEventListener(end, () => {
      pointed = null;
      showNumbers();
    });
  }
}
run();
