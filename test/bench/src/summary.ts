import type { PartReport, Report } from './measured.ts';
import type { Figure, Row, Table } from './table.ts';

/** A suite as the table of ratios needs it. */
export interface SummarySuite {
  readonly name: string;
  readonly parts: readonly string[];
}

interface Ratio {
  title: string;
  /** Columns of the tables that say it; the first that a table has counts. */
  keys: readonly string[];
  moreIsBetter?: true;
}

const ratios: readonly Ratio[] = [
  { title: 'CPU', keys: ['cpu'] },
  { title: 'time', keys: ['p50', 'ms'] },
  { title: 'p99', keys: ['p99'] },
  { title: 'memory', keys: ['rss'] },
  { title: 'throughput', keys: ['rate', 'megabytes'], moreIsBetter: true },
];

const notes = `Penstock beside each peer: its figure divided by the peer's, both medians of one table below,
measured turn by turn on one machine. CPU, time, latency and memory are better below 1, throughput above.
**Where the peer is better, the ratio is bold.** A dash: one of the two has no such figure. Not everything
that a peer does without, such as exactly once, shows in a ratio: the notes below each table say what was
compared.`;

/** One table of all suites with their peers; what was never measured says so. */
export function renderSummary(report: Report, suites: readonly SummarySuite[]): string {
  const head = ['measured', 'beside', ...ratios.map(({ title }) => title), 'when and where'];
  const rows = suites.flatMap(({ name, parts }) =>
    parts.flatMap((part) => {
      const measured = report.suites[name]?.parts[part];
      return measured ? rowsOf(`${name} ${part}`, measured) : [cells(`${name} ${part}`, 'not measured')];
    }),
  );
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  const rule = head.map((_, at) => (at < 2 || at === head.length - 1 ? '---' : '--:'));
  return [notes, '', line(head), line(rule), ...rows.map(line)].join('\n');
}

function rowsOf(label: string, measured: PartReport): string[][] {
  const { table } = measured;
  const when = circumstancesOf(measured);
  const rows = oursOf(table).flatMap((own) =>
    peersOf(own, table).flatMap((peer) => rowOf(`${label}${workloadOf(own)}`, own, { peer, table, when })),
  );
  const isMeasured = table.rows.some(({ skipped }) => skipped === undefined);
  if (isMeasured && !rows.some((row) => row.some((cell) => /^\**\d[\d.]*\**$/.test(cell)))) {
    return [cells(label, 'see its table below', when)];
  }
  return rows.length > 0 ? rows : [cells(label, 'not measured', when)];
}

function rowOf(
  label: string,
  own: Row,
  { peer, table, when }: { peer: Row; table: Table; when: string },
): string[][] {
  const missing = own.skipped ?? peer.skipped;
  const name = peer.name.replaceAll('|', '\\|');
  if (missing !== undefined) return [[label, name, ...ratios.map(() => 'not measured'), when]];
  const scaled = scaledCpu(own, peer, table);
  const found = ratios.map((ratio) =>
    ratio.title === 'CPU' && scaled !== undefined
      ? shown(scaled, ratio)
      : ratioBetween(own, peer, table, ratio),
  );
  const beside = scaled === undefined ? name : `${name}; its CPU as Redpanda Connect's, scaled`;
  return found.every((text) => text === '-') ? [] : [[label, beside, ...found, when]];
}

/** Beside Benthos in the place of Redpanda Connect: our CPU by what Connect would take. */
function scaledCpu(own: Row, peer: Row, { columns }: Table): number | undefined {
  if (!columns.some(({ title }) => title === 'x Redpanda Connect')) return undefined;
  const [ours, theirs] = [own, peer].map(({ figures }) => numberOf(figures['ratio']));
  return theirs === undefined || theirs === 1 ? undefined : ours;
}

function ratioBetween(own: Row, peer: Row, { columns }: Table, { keys, ...ratio }: Ratio): string {
  const key = keys.find((each) => columns.some((column) => column.key === each));
  const [ours, theirs] = [own, peer].map(({ figures }) => (key ? numberOf(figures[key]) : undefined));
  if (ours === undefined || theirs === undefined || theirs === 0) return '-';
  return shown(ours / theirs, ratio);
}

function shown(ratio: number, { moreIsBetter }: Pick<Ratio, 'moreIsBetter'>): string {
  const isPeerBetter = moreIsBetter ? ratio < 1 : ratio > 1;
  const text = ratio.toPrecision(2).includes('e') ? ratio.toFixed(0) : String(Number(ratio.toPrecision(2)));
  return isPeerBetter ? `**${text}**` : text;
}

function numberOf(figure: Figure | undefined): number | undefined {
  if (typeof figure === 'number') return figure;
  return typeof figure === 'object' && figure !== null ? figure.median : undefined;
}

function oursOf({ rows }: Table): Row[] {
  return rows.filter(({ name }) => /^penstock/i.test(name));
}

/** Rows of one workload are compared with each other where the rows of a table have several. */
function peersOf(own: Row, { rows }: Table): Row[] {
  const peers = rows.filter(({ name }) => !/^penstock/i.test(name));
  const workload = workloadOf(own);
  return workload === '' ? peers : peers.filter(({ name }) => name.endsWith(workload));
}

/** ', 10 a request' of 'Penstock, 10 a request'. */
function workloadOf({ name }: Row): string {
  return /, .*$/.exec(name)?.[0] ?? '';
}

function circumstancesOf({ measuredAt, runs, machine, loadBefore }: PartReport): string {
  const load = loadBefore === undefined ? 'not noted' : loadBefore.toFixed(1);
  return `${measuredAt.slice(0, 10)}, ${runs} runs, ${machine.cores} cores, load before: ${load}`;
}

function cells(label: string, what: string, when = ''): string[] {
  return [label, what, ...ratios.map(() => ''), when];
}
