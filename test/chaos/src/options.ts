import { parseArgs } from 'node:util';
import { parseMix, requestShapes, type RequestShape } from '@penstock/load';
import { type FaultKind, faultKinds } from './plan/fault-kinds.ts';

export const usage = `npm run chaos -- [OPTION...]

Starts two real clusters of three brokers and a datacenter's whole pipeline, posts events at a steady rate,
breaks what can be broken, heals it, and says whether each acknowledged event is in the master once and in
order. Ctrl-C ends it early and still judges; a second one ends it at once.

  --minutes N      how long the load lasts (default 5; 0.5 is half a minute)
  --seed S         the same seed, minutes and faults give the same plan and the same requests (default: the
                   time). Not the same instants: the machine has a say too
  --faults LIST    names or groups, separated by commas; -NAME takes one away (default all). Quote what begins
                   with a dash: --faults=-clocks,-pause-broker
  --rate N         events a second (default 500)
  --formats LIST   how the events come, as \`npm run load\` takes it: 4=70,pixel=30 (default in equal
                   shares: ${requestShapes.join(', ')})
  --instances N    of each service (default 2)
  --report FOLDER  report.html, report.json and the logs (default .cache/chaos/seed-S)
  --list           the faults of this machine and the plan, and starts nothing
  --help

Exit code 0: the promise was kept. 1: it was broken, or something did not get well. 2: wrong usage.
`;

export interface ChaosOptions {
  minutes: number;
  seed: number;
  /** As given, to run it again. */
  faults: string | undefined;
  kinds: readonly FaultKind[];
  eventsPerSecond: number;
  /** As given, to run it again. */
  formats: string | undefined;
  /** Shapes of requests with their weights. */
  mix: ReadonlyMap<RequestShape, number>;
  instances: number;
  reportFolder: string;
}

export type ReadOptions = { act: 'help' } | { act: 'list' | 'run'; options: ChaosOptions };

/** Throws an Error with a sentence for the person at the terminal. */
export function readOptions(args: readonly string[], nowMs: number): ReadOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '5' },
      seed: { type: 'string' },
      faults: { type: 'string' },
      rate: { type: 'string', default: '500' },
      formats: { type: 'string' },
      instances: { type: 'string', default: '2' },
      report: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return { act: 'help' };
  const seed = wholeNumber('--seed', values.seed ?? String(Math.floor(nowMs / 1_000)), 0, 2 ** 32 - 1);
  return {
    act: values.list ? 'list' : 'run',
    options: {
      minutes: minutesOf(values.minutes),
      seed,
      faults: values.faults,
      kinds: chosenKinds(values.faults),
      eventsPerSecond: wholeNumber('--rate', values.rate, 1, 100_000),
      formats: values.formats,
      mix: mixOf(values.formats),
      instances: wholeNumber('--instances', values.instances, 1, 8),
      reportFolder: values.report ?? `.cache/chaos/seed-${seed}`,
    },
  };
}

/** The kinds that a list of names and groups means, in the order of the table. */
export function chosenKinds(list: string | undefined): readonly FaultKind[] {
  if (list === undefined) return faultKinds;
  const words = list.split(',').map((word) => word.trim());
  const known = new Set(faultKinds.flatMap(({ name, group }) => [name, group]));
  const unknown = words.find((word) => !known.has(word.replace(/^-/, '')));
  if (unknown !== undefined) {
    throw new Error(`there is no fault "${unknown}". There are: ${[...known].join(', ')}`);
  }
  const means = (kind: FaultKind, word: string): boolean => [kind.name, kind.group].includes(word);
  const wanted = words.filter((word) => !word.startsWith('-'));
  const unwanted = words.filter((word) => word.startsWith('-')).map((word) => word.slice(1));
  const kinds = faultKinds
    .filter((kind) => wanted.length === 0 || wanted.some((word) => means(kind, word)))
    .filter((kind) => !unwanted.some((word) => means(kind, word)));
  if (kinds.length === 0) throw new Error(`--faults=${list} leaves no fault`);
  return kinds;
}

/** Every way in which a client can send, unless told otherwise: what nobody sends, nobody can lose. */
export function mixOf(formats: string | undefined): ReadonlyMap<RequestShape, number> {
  return parseMix(formats ?? requestShapes.join(','));
}

/** The command that runs the same again. */
export function againCommand(options: Omit<ChaosOptions, 'kinds' | 'mix' | 'reportFolder'>): string {
  const { minutes, seed, faults, eventsPerSecond, formats, instances } = options;
  const flags = [
    ...[`--minutes ${minutes}`, `--seed ${seed}`],
    ...(faults === undefined ? [] : [`--faults=${faults}`]),
    ...(eventsPerSecond === 500 ? [] : [`--rate ${eventsPerSecond}`]),
    ...(formats === undefined ? [] : [`--formats ${formats}`]),
    ...(instances === 2 ? [] : [`--instances ${instances}`]),
  ];
  return `npm run chaos -- ${flags.join(' ')}`;
}

function minutesOf(text: string): number {
  const minutes = Number(text);
  if (/^\d{1,5}(\.\d{1,3})?$/.test(text) && minutes >= 0.1) return minutes;
  throw new Error(`--minutes is a number from 0.1 on, not "${text}"`);
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (/^\d{1,10}$/.test(text) && number >= least && number <= most) return number;
  throw new Error(`${name} is a whole number from ${least} to ${most}, not "${text}"`);
}
