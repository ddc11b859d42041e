import { count, drawCurve, duration, element } from './draw.js';

const secondsShown = 600;
/** An update comes each second. Who hears nothing for so long may be looking at what is long past. */
const patienceMs = 5_000;
const at = (id) => document.getElementById(id);
const seconds = [];

const verdicts = {
  kept: 'Every acknowledged probe arrives once, in order, unchanged',
  blind: 'Part of the pipeline cannot be seen or takes nothing: no verdict there',
  broken: 'A promise is broken: see the incidents',
};
/** Troubles that break no promise: nobody can tell. */
const doubts = new Set(['blind', 'refusing', 'unjudged']);
/** As the page says it before its first update. */
const connecting = 'connecting …';
const noAnswer = 'The prober does not answer; this page tries again by itself';

function say(state, text, title) {
  const verdict = at('verdict');
  if (verdict.textContent === text) return; // only a change is read aloud
  verdict.className = state;
  verdict.textContent = text;
  document.title = title;
}

function show(view) {
  const title = view.verdict === 'kept' ? 'Penstock' : `${view.verdict}: Penstock`;
  say(view.verdict, verdicts[view.verdict], title);
  at('clock').textContent = new Date(view.atMs).toLocaleTimeString();
  at('flow').replaceChildren(...view.datacenters.map(datacenterRow));
  at('totals').replaceChildren(
    ...Object.entries(view.totals).map(([kind, times]) =>
      element('div', {}, element('dt', {}, kind), element('dd', {}, count(times))),
    ),
  );
  const all = [...view.incidents.lasting, ...view.incidents.ended];
  at('incidents').replaceChildren(
    ...(all.length > 0
      ? all.map(incidentRow)
      : [element('tr', {}, element('td', { colspan: '5' }, 'none since the start'))]),
  );
  while (seconds.length > secondsShown) seconds.shift();
  curve('latency', (second) => second.latencyMs, duration, 500);
  curve('rate', (second) => second.recordsPerSecond, count, 10);
  curve('duplicates', (second) => second.duplicates, count, 1);
  curve('lost', (second) => second.lost, count, 1);
}

function datacenterRow({ name, hops }) {
  return element('div', { class: 'datacenter' }, element('b', {}, name), ...hops.map(hopCard));
}

function hopCard({ hop, recordsPerSecond, medianMs, slowestMs, trouble }) {
  const state = trouble ? (doubts.has(trouble) ? 'unknown' : 'troubled') : medianMs === null ? 'unknown' : '';
  const lines = [element('h3', {}, hop)];
  if (trouble) lines.push(element('p', { class: 'trouble' }, trouble));
  if (recordsPerSecond !== null) lines.push(element('p', {}, `${count(recordsPerSecond)} records/s`));
  lines.push(element('p', {}, `${duration(medianMs)}, at most ${duration(slowestMs)}`));
  const flowing = medianMs !== null ? ' flowing' : '';
  return element('div', { class: `hop ${state}${flowing}` }, ...lines);
}

function incidentRow({ kind, datacenter, hop, since, ended, count: times }) {
  const time = (text) => new Date(text).toLocaleTimeString();
  return element(
    'tr',
    {},
    element('td', { class: doubts.has(kind) ? 'blind' : 'broken' }, kind),
    element('td', {}, hop ? `${datacenter}/${hop}` : datacenter),
    element('td', {}, time(since)),
    element('td', {}, ended ? time(ended) : 'now'),
    element('td', { class: 'number' }, count(times)),
  );
}

function curve(id, valueOf, text, least) {
  const values = seconds.map(valueOf);
  drawCurve(at(id), values, secondsShown, least);
  at(`${id}-now`).textContent = text(values.at(-1));
  if (id === 'duplicates' || id === 'lost')
    at(id).classList.toggle(
      'bad',
      values.some((value) => value > 0),
    );
}

let updates;
let heardAt;

function listen() {
  leave();
  const hear = () => (heardAt = performance.now());
  hear();
  updates = new EventSource('updates');
  // Also when it has connected again by itself.
  updates.addEventListener('open', () => {
    hear();
    seconds.length = 0;
  });
  // In parts: over a slow line the whole takes longer than our patience.
  updates.addEventListener('history', ({ data }) => {
    hear();
    seconds.push(...JSON.parse(data));
  });
  updates.addEventListener('message', ({ data }) => {
    hear();
    show(JSON.parse(data));
  });
  updates.addEventListener('error', () => say('blind', noAnswer, 'no answer: Penstock'));
}

function leave() {
  updates?.close();
  updates = undefined;
}

// A machine that hangs, a laptop that slept and a cut cable say nothing; and after an answer such as 503 an
// EventSource never tries again. So it is looked at from here, and begun anew.
setInterval(() => {
  if (!updates || performance.now() - heardAt < patienceMs) return;
  say('blind', noAnswer, 'no answer: Penstock');
  listen();
}, 1_000);

// A browser has six connections to one server, for all its tabs together: what nobody looks at holds none,
// or the seventh tab would wait for ever.
function heedVisibility() {
  if (document.visibilityState === 'hidden') return leave();
  if (updates) return;
  // What was said before it was hidden may be long past.
  say('', connecting, 'connecting: Penstock');
  listen();
}
document.addEventListener('visibilitychange', heedVisibility);
heedVisibility();
