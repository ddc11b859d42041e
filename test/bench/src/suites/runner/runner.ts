import { spawnSync } from 'node:child_process';
import type { MeasuredPart, Suite, SuiteContext } from '../../suite.ts';
import { spreadOf } from '../../statistics.ts';
import type { Row, Table } from '../../table.ts';
import { observe } from './observe.ts';
import { starters } from './starters.ts';
import type { Starter } from './starters.ts';

/**
 * The Runner beside what Debian packages for the same: what a stop does to the service, what it is given,
 * what a start costs.
 */
export const runner: Suite = {
  name: 'runner',
  about: "packages/runner beside su, sudo, gosu, setpriv, the inits and the rest of Debian's, as processes",
  parts: ['stop', 'start'],
  run,
};

async function* run({ only, rows, runs, say }: SuiteContext): AsyncGenerator<MeasuredPart> {
  const asRoot = process.getuid?.() === 0;
  const wanted = starters()
    .filter(({ name }) => rows?.some((row) => name.startsWith(row)) ?? true)
    .map((starter): Starter => (asRoot ? starter : { ...starter, skipped: 'needs root' }));
  if (only.has('stop')) yield { part: 'stop', table: await measureStop(wanted, say) };
  if (only.has('start')) yield { part: 'start', table: measureStart(wanted, runs, say) };
}

async function measureStop(wanted: readonly Starter[], say: SuiteContext['say']): Promise<Table> {
  const table: Row[] = [];
  for (const starter of wanted) {
    say(starter.skipped === undefined ? starter.name : `${starter.name}: skipped, ${starter.skipped}`);
    table.push(await stopRow(starter));
  }
  return {
    title: 'A service that needs 3 s to stop gets TERM as its supervisor sends it',
    columns: [
      { key: 'pid', title: 'same PID', digits: 0 },
      { key: 'told', title: 'told', digits: 0 },
      { key: 'seconds', title: 'supervisor is free after, s', digits: 1 },
      { key: 'service', title: 'service ends', digits: 0 },
      { key: 'user', title: 'user:group (groups)', digits: 0 },
      { key: 'home', title: 'HOME', digits: 0 },
      { key: 'leaks', title: 'hands on to the service', digits: 0 },
      { key: 'resident', title: 'stays resident, KB', digits: 0 },
    ],
    rows: table,
    notes: [
      'To nobody:nogroup, from a shell with an open descriptor 20, an ignored INT and a secret in a ' +
        'variable: what is handed on of these.',
      '"setuid programs" means that no_new_privs is not set. ' +
        'Each tool as its first example has it; some have options for more.',
    ],
  };
}

async function stopRow(starter: Starter): Promise<Row> {
  const { name, skipped } = starter;
  if (skipped !== undefined) return { name, figures: {}, skipped };
  try {
    const seen = await observe(starter);
    const figures = {
      pid: seen.samePid ? 'yes' : 'no',
      told: seen.told ? 'yes' : 'no',
      seconds: seen.supervisedSeconds,
      service: seen.service,
      user: seen.given.user,
      home: seen.given.home || 'none',
      leaks: seen.given.leaks.join(', ') || 'nothing',
      resident: seen.residentKb,
    };
    return { name, figures };
  } catch (error) {
    return {
      name,
      figures: {},
      skipped: `failed: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

const startsPerRun = 5;

/** Turn by turn: /bin/true by nobody, from the spawn to its end. */
function measureStart(wanted: readonly Starter[], runs: number, say: SuiteContext['say']): Table {
  const bare: Starter = { name: 'without any', command: [] };
  const all = [bare, ...wanted].map((starter) => ({ starter: tried(starter), ms: [] as number[] }));
  for (let turn = 1; turn <= runs * startsPerRun; turn++) {
    say(`start ${turn} of ${runs * startsPerRun}`);
    for (const { starter, ms } of all) if (starter.skipped === undefined) ms.push(startOnce(starter));
  }
  return {
    title: 'What a start costs: to /bin/true and back',
    columns: [{ key: 'ms', title: 'ms', digits: 1 }],
    rows: all.map(({ starter: { name, skipped }, ms }) =>
      skipped === undefined ? { name, figures: { ms: spreadOf(ms) } } : { name, figures: {}, skipped },
    ),
    notes: ['Once per start of a service. Node is most of the price of penstock-run; nothing of it stays.'],
  };
}

/** Whoever does not start /bin/true has no time: a refusal is quick. */
function tried(starter: Starter): Starter {
  if (starter.skipped !== undefined) return starter;
  const { status, signal } = spawnTrue(starter);
  return status === 0 ? starter : { ...starter, skipped: `failed: ended by ${signal ?? `code ${status}`}` };
}

function startOnce(starter: Starter): number {
  const startedMs = performance.now();
  spawnTrue(starter);
  return performance.now() - startedMs;
}

function spawnTrue({ command }: Starter) {
  const [program = '', ...args] = command.concat('/bin/true');
  return spawnSync(program, args, { stdio: 'ignore' });
}
