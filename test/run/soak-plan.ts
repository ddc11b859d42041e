import { parseArgs } from 'node:util';

export const soakUsage = `npm run soak -- (core | receiver | filter | mirror) [OPTION...]

Runs the long forms of tests against real brokers, with a new seed each time. It ends with a line
"soak core: N of N passed", or with the command that repeats what failed.

core: the contract tests of packages/kafka
  random-faults  200 random faults under load on three brokers, every second one a lost answer to Produce;
                 leaders move, and one broker in every ten rounds is killed and restarted
  rebalances     20 random joins, leaves, kills and pauses of members that copy in transactions
  broker-moves   how long leader moves, killed and restarted brokers stop everybody; brokers have their usual
                 session of 9 s
  damaged-bytes  100 property runs of every decoder for each round: cut off, flipped, hostile lengths

receiver: packages/receiver
  attacks        every attack for 10 s, twice, beside a client that behaves; prints the client's p50
                 and p99, and the memory and CPU of the Receiver: the figures of docs/security.md
  durability     20 faults by chance on three brokers, under load: killed, hanging, cut off, too few in sync;
                 what clients were told against what Java's consumer finds
  rolling        three Receivers of one port are restarted one by one, six times, under load of kept and fresh
                 connections; prints what the clients met, with and without tcp_migrate_req

filter: packages/input-filter
  faults         20 rounds each: killed, paused beyond the session, and rebalanced, at every point between two
                 steps of a transaction, with clients that resend; Java's consumer has the last word
  hand-over      one of two filters is stopped under load, 12 partitions with 150 000 ids in each window;
                 prints how long each was without a commit, and what the other one read to take over

mirror: packages/mirror
  crash          killed at random points, as often as --rounds says, between two clusters under load
  pass-through   100 random answers for each round, copied and compared record by record
  long-way       as many lost answers to Produce and EndTxn over 80 ms and 0.1 % loss, as the fault proxy can
                 show it; then a backlog of 200 MB, and its MB/s
  four-links     four sources into one topic, one of them cut off for three minutes

  --runs N       instead: all of these tests in their short forms, N times, each time with the next seed
  --seed S       begin with this seed (default: by the clock)
  --rounds N     faults of random-faults (default 200); rebalances takes a tenth, 20 at least
  --minutes N    go on with the next seed until so much time is over
  --only A,B     only files whose name has one of these in it`;

const folders = {
  core: 'packages/kafka/test/',
  receiver: 'packages/receiver/test/',
  filter: 'packages/input-filter/test/',
  mirror: 'packages/mirror/test/',
};

type Soaked = keyof typeof folders;

export interface SoakOptions {
  help: boolean;
  what: Soaked;
  seed: number;
  rounds: number;
  runs: number | undefined;
  minutes: number;
  only: readonly string[];
}

/** One run of vitest: the files by a part of their path, and what their tests are told. */
export interface SoakStep {
  name: string;
  project: 'kafka' | 'unit' | 'e2e';
  files: readonly string[];
  environment: Record<string, string>;
  /** The command that repeats it. */
  again: string;
}

/** Throws an Error with a sentence for the person at the terminal. */
export function soakOptions(args: readonly string[], nowMs: number): SoakOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      seed: { type: 'string' },
      rounds: { type: 'string' },
      runs: { type: 'string' },
      minutes: { type: 'string' },
      only: { type: 'string' },
    },
  });
  const help = values.help ?? false;
  const subject = Object.keys(folders).find((name): name is Soaked => name === positionals[0]);
  if (!help && (positionals.length !== 1 || subject === undefined))
    throw new Error(`What is to be soaked? There are: ${Object.keys(folders).join(', ')}`);
  return {
    help,
    what: subject ?? 'core',
    seed: wholeNumber('--seed', values.seed) ?? Math.floor(nowMs / 1_000) % 1_000_000_000,
    rounds: wholeNumber('--rounds', values.rounds) ?? 200,
    runs: wholeNumber('--runs', values.runs),
    minutes: wholeNumber('--minutes', values.minutes) ?? 0,
    only: values.only?.split(',').filter(Boolean) ?? [],
  };
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[0-9]{1,9}$/.test(text)) throw new Error(`${name} is a whole number, not "${text}"`);
  return Number(text);
}

/** What one seed costs: each file of its own, or with --runs all of them at once. */
export function soakSteps(options: SoakOptions, seed: number): SoakStep[] {
  const { rounds, only, what } = options;
  const folder = folders[what];
  const chosen = (name: string): boolean => only.length === 0 || only.some((part) => name.includes(part));
  if (options.runs !== undefined) {
    const files = only.length === 0 ? [folder] : only.map((part) => `${folder}${part}`);
    const limited = only.length > 0 ? ` --only ${only.join(',')}` : '';
    const again = `npm run soak -- ${what} --runs 1 --seed ${seed}${limited}`;
    return [
      {
        name: 'all tests in their short forms',
        project: 'kafka',
        files,
        environment: { PENSTOCK_SEED: String(seed) },
        again,
      },
    ];
  }
  if (what === 'receiver') return receiverSteps(folder, seed, rounds).filter(({ name }) => chosen(name));
  if (what === 'mirror') return mirrorSteps(folder, seed, rounds).filter(({ name }) => chosen(name));
  if (what === 'filter') return filterSteps(folder, seed, rounds).filter(({ name }) => chosen(name));
  const fewer = Math.max(20, Math.floor(rounds / 10));
  const roundsOf = { 'random-faults': rounds, rebalances: fewer, 'broker-moves': 1 };
  const steps = Object.entries(roundsOf).map(([name, count]): SoakStep => ({
    name,
    project: 'kafka',
    files: [`${folder}${name}.kafka`],
    environment: { PENSTOCK_SEED: String(seed), PENSTOCK_ROUNDS: String(count) },
    again: `npm run soak -- ${what} --seed ${seed} --rounds ${rounds} --only ${name}`,
  }));
  steps.push({
    name: 'damaged-bytes',
    project: 'unit',
    files: ['packages/kafka/src', 'packages/ledger/src'],
    environment: { PENSTOCK_FUZZ_SEED: String(seed), PENSTOCK_FUZZ_RUNS: String(100 * rounds) },
    again: `npm run soak -- ${what} --seed ${seed} --rounds ${rounds} --only damaged-bytes`,
  });
  return steps.filter(({ name }) => chosen(name));
}

function filterSteps(folder: string, seed: number, rounds: number): SoakStep[] {
  const environments: Record<string, Record<string, string>> = {
    faults: { PENSTOCK_ROUNDS: String(Math.max(20, Math.floor(rounds / 10))) },
    'hand-over': { PENSTOCK_WINDOW_IDS: '150000' },
  };
  return Object.entries(environments).map(([name, environment]): SoakStep => ({
    name,
    project: 'kafka',
    files: [`${folder}${name}.kafka`],
    environment: { PENSTOCK_SEED: String(seed), ...environment },
    again: `npm run soak -- filter --seed ${seed} --rounds ${rounds} --only ${name}`,
  }));
}

function receiverSteps(folder: string, seed: number, rounds: number): SoakStep[] {
  const environments: Record<string, Record<string, string>> = {
    attacks: { PENSTOCK_ATTACK_MS: '10000' },
    durability: { PENSTOCK_ROUNDS: String(Math.max(20, Math.floor(rounds / 10))) },
  };
  const again = (name: string): string =>
    `npm run soak -- receiver --seed ${seed} --rounds ${rounds} --only ${name}`;
  const steps = Object.entries(environments).map(([name, environment]): SoakStep => ({
    name,
    project: 'kafka',
    files: [`${folder}${name}.kafka`],
    environment: { PENSTOCK_SEED: String(seed), ...environment },
    again: again(name),
  }));
  steps.push({
    name: 'rolling',
    project: 'e2e',
    files: ['test/e2e/test/rolling-receivers.e2e'],
    environment: { PENSTOCK_ROUNDS: '6' },
    again: again('rolling'),
  });
  return steps;
}

function mirrorSteps(folder: string, seed: number, rounds: number): SoakStep[] {
  const seeded = { PENSTOCK_SEED: String(seed) };
  const onRealBrokers = {
    crash: { ...seeded, PENSTOCK_ROUNDS: String(rounds) },
    'long-way': { ...seeded, PENSTOCK_ROUNDS: String(rounds) },
    'four-links': { ...seeded, PENSTOCK_CUT_MS: String(3 * 60_000) },
  };
  const again = (name: string): string =>
    `npm run soak -- mirror --seed ${seed} --rounds ${rounds} --only ${name}`;
  return [
    ...Object.entries(onRealBrokers).map(([name, environment]): SoakStep => ({
      name,
      project: 'kafka',
      files: [`${folder}${name}.kafka`],
      environment,
      again: again(name),
    })),
    {
      name: 'pass-through',
      project: 'unit',
      files: ['packages/mirror/src/copy/pass-through'],
      environment: { PENSTOCK_FUZZ_SEED: String(seed), PENSTOCK_FUZZ_RUNS: String(100 * rounds) },
      again: again('pass-through'),
    },
  ];
}
