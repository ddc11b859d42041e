import { encodeBatch, listOffsets, openCluster, openTransactionSession, type Cluster } from '@penstock/kafka';
import { positionsRecord, takeOverShard, transactionalIdOf, type PartitionPosition } from '@penstock/ledger';
import { sharedKafka, startKafka, uniqueName, type TestKafka } from '@penstock/test-broker';
import { apiKeys, startProxiedKafka, type ProxiedKafka } from '@penstock/test-faults';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endsOf } from '../src/link/link-context.ts';
import { ledgerTopicOf } from '../src/names.ts';
import {
  mirrorCommand,
  startMirrorProcess,
  type MirrorEnvironment,
  type MirrorProcess,
} from './mirror-process.ts';
import { copiedUpToNow, untilPhase, writeCommitted } from './source-writer.ts';
import { createLink, deleteBelow, eventually, testTimeoutMs, type TestLink } from './two-clusters.ts';

const started = new AsyncDisposableStack();
let source: TestKafka;
let sourceCluster: Cluster;
/** Commands come to the target through the proxies, the mirror past them. */
let far: ProxiedKafka<TestKafka>;

beforeAll(async () => {
  source = await sharedKafka();
  sourceCluster = started.use(await openCluster({ bootstrap: source.bootstrap, clientId: 'test' }));
  far = started.use(await startProxiedKafka(startKafka, { name: 'mirror-resume' }));
}, testTimeoutMs);
afterAll(() => started.disposeAsync());

test(
  'an answer that is refused takes no shard from the mirror, and leaves no word of it',
  async () => {
    const { link, mirror } = await pausedAt33();
    const before = await takeovers(mirror);
    const resume = async (partition: number, ...answer: string[]) => {
      const args = ['resume', '--partition', `${link.topic}-${partition}`, ...answer];
      const { exitCode, output, problems } = await mirrorCommand(args, link.env);
      return `${exitCode} ${output}${problems}`;
    };
    expect(await resume(1, '--skip-gap')).toMatch(/^1 .*-1: the partition is not paused/s);
    expect(await resume(1, '--retry')).toMatch(/^0 .*-1 is not paused/s);
    expect(await resume(7, '--restart')).toMatch(/^1 .*has no position of .*-7/s);
    expect(await resume(0, '--retry')).toMatch(/^1 .*-0: still overtaken \[33, 55\)/s);
    expect(await resume(0, '--skip-gap', '--to', '500')).toMatch(/^1 .*500 is not between 55 and/s);
    // An owner learns at its next commit that somebody has taken its shard.
    await writeCommitted(sourceCluster, link.topic, [1], 1);
    await copiedUpToNow(mirror, sourceCluster, link.topic, [1]);
    expect(await takeovers(mirror)).toBe(before);
    expect(await resume(0, '--skip-gap')).toMatch(/^0 .*-0 goes on at 55/s);
    await copiedUpToNow(mirror, sourceCluster, link.topic, [0, 1]);
    expect(await takeovers(mirror)).toBe(before + 1);
    expect(await mirror.stop()).toBe(0);
    expect(await answersIn(link)).toBe(1);
  },
  testTimeoutMs,
);

test(
  'an answer that the mirror overtakes, since it takes its shard back, is given again, and once',
  async () => {
    const { link, mirror } = await pausedAt33();
    // Before a byte of the answer is written, the way to the target dies.
    const [proxy] = far.proxies;
    const trap = proxy!.cutBeforeRequest({ apiKey: apiKeys.produce });
    const resuming = mirrorCommand(['resume', '--partition', `${link.topic}-0`, '--skip-gap'], link.env);
    await trap.struck;
    proxy!.stall();
    await writeCommitted(sourceCluster, link.topic, [1], 1);
    await copiedUpToNow(mirror, sourceCluster, link.topic, [1]);
    await proxy!.pass();
    expect(await resuming).toMatchObject({ exitCode: 0, output: expect.stringContaining('goes on at 55') });
    await copiedUpToNow(mirror, sourceCluster, link.topic, [0, 1]);
    expect(await mirror.stop()).toBe(0);
    expect(await answersIn(link)).toBe(1);
  },
  testTimeoutMs,
);

test(
  'an answer whose pause has become another one meanwhile is refused: nobody has seen that one',
  async () => {
    const { link, mirror } = await pausedAt33();
    expect(await mirror.stop()).toBe(0);
    const [proxy] = far.proxies;
    const trap = proxy!.cutBeforeRequest({ apiKey: apiKeys.produce });
    const resuming = mirrorCommand(['resume', '--partition', `${link.topic}-0`, '--skip-gap'], link.env);
    await trap.struck;
    proxy!.stall();
    await pauseAnew(link);
    await proxy!.pass();
    const { exitCode, output, problems } = await resuming;
    const said = `${exitCode} ${output}${problems}`;
    expect(said).toMatch(
      /^1 .*-0 is not paused any more as it was \(overtaken .*stands at 33 now \(corrupt/s,
    );
    expect(await answersIn(link)).toBe(0);
  },
  testTimeoutMs,
);

test(
  'an answer that a stranger hides the ledger from is refused with its name, and takes no shard',
  async () => {
    const { link, mirror } = await pausedAt33();
    await using target = await openCluster({ bootstrap: far.kafka.inside, clientId: 'test' });
    const transactionalId = uniqueName('stranger');
    await using stranger = await openTransactionSession(target, {
      transactionalId,
      transactionTimeoutMs: 300_000,
    });
    const ledgerTopic = ledgerTopicOf(link.link);
    const before = await takeovers(mirror);
    const key = Buffer.from('undecided');
    stranger.append(ledgerTopic, 0, encodeBatch([{ key, value: key, timestampMs: Date.now() }]));
    await untilWritten(target, ledgerTopic);
    const args = ['resume', '--partition', `${link.topic}-0`, '--skip-gap'];
    const refused = await mirrorCommand(args, link.env);
    expect(refused).toMatchObject({ exitCode: 1, problems: expect.stringContaining(transactionalId) });
    // The mirror goes on behind it, with the session that it had.
    await writeCommitted(sourceCluster, link.topic, [1], 1);
    await copiedUpToNow(mirror, sourceCluster, link.topic, [1]);
    expect(await takeovers(mirror)).toBe(before);
    await stranger.abort();
    const answered = await mirrorCommand(args, link.env);
    expect(answered).toMatchObject({ exitCode: 0, output: expect.stringContaining('goes on at 55') });
    await copiedUpToNow(mirror, sourceCluster, link.topic, [0, 1]);
    expect(await mirror.stop()).toBe(0);
    expect(await answersIn(link)).toBe(1);
  },
  testTimeoutMs,
);

test(
  'an answer that is hidden by a mirror which died in a commit is given: the takeover ends that commit',
  async () => {
    const { link, past } = await overtakenAt33();
    const overtaken = { from: 33n, to: 55n, sinceMs: Date.now(), detail: 'a test' };
    const pause = { kind: 'overtaken', ...overtaken } as const;
    await writePositions(link, (position) => (position.partition === 0 ? { ...position, pause } : position));
    await using target = await openCluster({ bootstrap: far.kafka.inside, clientId: 'test' });
    const ledgerTopic = ledgerTopicOf(link.link);
    await using dead = await openTransactionSession(target, {
      transactionalId: transactionalIdOf(ledgerTopic, 0),
      transactionTimeoutMs: 300_000,
    });
    const key = Buffer.from('undecided');
    dead.append(ledgerTopic, 0, encodeBatch([{ key, value: key, timestampMs: Date.now() }]));
    await untilWritten(target, ledgerTopic);
    const args = ['resume', '--partition', `${link.topic}-0`, '--skip-gap'];
    const answered = await mirrorCommand(args, link.env);
    expect(answered).toMatchObject({ exitCode: 0, output: expect.stringContaining('goes on at 55') });
    const mirror = startMirrorProcess(past);
    await copiedUpToNow(mirror, sourceCluster, link.topic, [0, 1]);
    expect(await mirror.stop()).toBe(0);
    expect(await answersIn(link)).toBe(1);
  },
  testTimeoutMs,
);

/**
 * One shard, without a mirror; of partition 0 the source has deleted [33, 55) before it was copied, of
 * partition 1 nothing. `past` leads past the proxies.
 */
async function overtakenAt33(): Promise<{ link: TestLink; past: MirrorEnvironment }> {
  const target = far.kafka;
  const env = { PENSTOCK_MIRROR_SHARDS: '1' };
  const link = await createLink({ source, target }, { partitions: 2, env });
  const past = { ...link.env, PENSTOCK_MIRROR_TARGET_KAFKA_BOOTSTRAP: target.inside.join(',') };
  const first = startMirrorProcess(past);
  await writeCommitted(sourceCluster, link.topic, [0, 1], 3);
  await copiedUpToNow(first, sourceCluster, link.topic, [0, 1]);
  expect(await first.stop()).toBe(0);
  await writeCommitted(sourceCluster, link.topic, [0, 1], 4);
  await deleteBelow(source, link.topic, 0, 55n);
  return { link, past };
}

/** With a mirror that has found it, and copied what there is of partition 1. */
async function pausedAt33(): Promise<{ link: TestLink; mirror: MirrorProcess }> {
  const { link, past } = await overtakenAt33();
  const mirror = startMirrorProcess(past);
  await untilPhase(mirror, `${link.topic}-0`, 'paused');
  await copiedUpToNow(mirror, sourceCluster, link.topic, [1]);
  return { link, mirror };
}

/** As a mirror would that finds something else there. */
async function pauseAnew(link: TestLink): Promise<void> {
  await writePositions(link, (position) =>
    position.pause === null ? position : { ...position, pause: { ...position.pause, kind: 'corrupt' } },
  );
}

/** As an owner of the shard would. */
async function writePositions(
  { link }: TestLink,
  change: (position: PartitionPosition) => PartitionPosition,
): Promise<void> {
  await using target = await openCluster({ bootstrap: far.kafka.inside, clientId: 'test' });
  const { identity } = endsOf(link, sourceCluster, target);
  const { session, state } = await takeOverShard(target, identity, 0);
  await using _ = session;
  const positions = { genesisOffset: state.genesisOffset, partitions: state.positions.map(change) };
  session.append(identity.ledgerTopic, 0, encodeBatch([positionsRecord(0, positions, Date.now())]));
  await session.commit();
}

/** Until there is something that only a reader of undecided records sees. */
async function untilWritten(target: Cluster, topic: string): Promise<void> {
  await eventually(`an open transaction in ${topic}`, async () => {
    const end = async (isolation: 'read_committed' | 'read_uncommitted') =>
      (await listOffsets(target, topic, [0], 'latest', isolation)).get(0)!.offset;
    return (await end('read_committed')) < (await end('read_uncommitted')) ? true : undefined;
  });
}

async function takeovers(mirror: MirrorProcess): Promise<number> {
  const { text } = (await mirror.process.ask('/metrics')) ?? {};
  return Number(/^penstock_mirror_takeovers_total ([0-9]+)$/m.exec(text ?? '')?.[1]);
}

async function answersIn({ link }: TestLink): Promise<number> {
  const records = await far.kafka.consoleConsume(ledgerTopicOf(link));
  return records.filter(({ key }) => String(key).startsWith('answer/')).length;
}
