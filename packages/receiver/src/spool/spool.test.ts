import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { createLog, Metrics } from '@penstock/service';
import { expect, onTestFinished, test } from 'vitest';
import type { ProblemCode } from '../api/problems.ts';
import { declareMetrics } from '../metrics.ts';
import { Backlog } from '../raw/backlog.ts';
import type { KeyedRecord } from '../raw/raw-record.ts';
import { MemoryBudget } from '../request/memory-budget.ts';
import { SpoolFolder } from './spool-folder.ts';
import { Spool, type ProducedToken, type Stored } from './spool.ts';

const MiB = 1024 ** 2;

/** What a producer would say, and what Kafka has then. */
interface Kafka {
  taken: string[];
  answer: 'takes' | 'refuses' | 'says-nothing';
  waiting: ProducedToken[];
  /** Then it says nothing more. */
  takesAtMost: number;
}

interface Run {
  spool: Spool;
  kafka: Kafka;
  /** Where each one was stored, or the problem. */
  answers: Map<string, Stored | ProblemCode>;
  take(name: string, bytes?: number): void;
  logged(): string;
  metrics(): Promise<string>;
  /** As a killed process leaves it: nothing is finished, nothing closed, but for the lock. */
  die(): Promise<void>;
}

function newFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'penstock-spool-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function start(path: string, o: { bytesMax?: number; answer?: Kafka['answer'] } = {}): Promise<Run> {
  const lines = new PassThrough().setEncoding('utf8');
  const log = createLog({ service: 'receiver', destination: lines });
  const registry = new Metrics('receiver');
  const measured = { routes: [], budget: new MemoryBudget(1), backlog: new Backlog(1, 1) };
  const metrics = declareMetrics(registry, { ...measured, topic: { writableShare: 1 } });
  const kafka: Kafka = { taken: [], answer: o.answer ?? 'takes', waiting: [], takesAtMost: Infinity };
  let dead = false;
  const produce = ({ value }: KeyedRecord, token: ProducedToken): boolean => {
    const { answer } = kafka;
    if (dead || answer === 'says-nothing') kafka.waiting.push(token);
    else
      setImmediate(() => {
        if (answer === 'takes' && kafka.taken.length >= kafka.takesAtMost) kafka.waiting.push(token);
        else {
          if (answer === 'takes') kafka.taken.push(String(value).trimEnd());
          token.settled(answer === 'takes' ? undefined : 'kafka-refused');
        }
      });
    return true;
  };
  const folder = await SpoolFolder.open(path);
  const { bytesMax = 64 * MiB } = o;
  const spool = await Spool.open({ folder, bytesMax, log, metrics, produce, mayProduce: () => !dead });
  const end = async (): Promise<void> => {
    kafka.answer = 'refuses';
    for (const token of kafka.waiting.splice(0)) token.settled('kafka-late');
    await spool[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  };
  onTestFinished(async () => void (dead || (await end())));
  const answers: Run['answers'] = new Map();
  return {
    spool,
    kafka,
    answers,
    take(name, bytes = 0) {
      const value = Buffer.from(name.padEnd(bytes));
      const record = { key: Buffer.from('key'), value, headers: [], timestampMs: 1 };
      const settled: ProducedToken['settled'] = (problem, stored) => answers.set(name, problem ?? stored!);
      spool.take(record, { bodyBytes: value.length, settled }, false);
    },
    logged: () => String(lines.read() ?? ''),
    metrics: () => registry.exposition(),
    async die() {
      dead = true;
      await folder[Symbol.asyncDispose]();
    },
  };
}

const names = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, n) => `record-${String(from + n).padStart(5, '0')}`);

test('while Kafka takes records, the disk is not touched', async () => {
  const path = newFolder();
  const run = await start(path);
  for (const name of names(0, 100)) run.take(name);
  await expect.poll(() => run.answers.size).toBe(100);
  expect(new Set(run.answers.values())).toEqual(new Set(['kafka']));
  expect(readdirSync(path)).toEqual(['lock']);
});

test('what Kafka does not take is kept and replayed in order, before what is newer', async () => {
  const path = newFolder();
  const run = await start(path, { answer: 'refuses' });
  for (const name of names(0, 2_000)) run.take(name);
  await expect.poll(() => run.answers.size).toBe(2_000);
  expect(new Set(run.answers.values())).toEqual(new Set(['spool']));
  expect(run.kafka.taken).toEqual([]);
  run.kafka.answer = 'takes';
  // More come all the time: the hand-over must find its moment.
  let next = 2_000;
  const timer = setInterval(() => names(next, (next += 20)).forEach((name) => run.take(name)), 5);
  onTestFinished(() => clearInterval(timer));
  await expect.poll(() => run.spool.mode).toBe('direct');
  await expect.poll(() => [...run.answers.values()].includes('kafka')).toBe(true);
  clearInterval(timer);
  await expect.poll(() => run.kafka.taken.length).toBe(next);
  expect(run.kafka.taken).toEqual(names(0, next));
  expect([...run.answers.keys()]).toHaveLength(next);
  await expect.poll(() => readdirSync(path).toSorted()).toEqual(['lock', 'position']);
  expect(await run.metrics()).toMatch(/spooled_records_total\{outcome="refused"\} 0/);
});

test('a position that cannot be read, or makes no sense, is not taken for the start', async () => {
  const path = newFolder();
  await using folder = await SpoolFolder.open(path);
  expect(await folder.position()).toEqual({ segment: 0, offset: 0 });
  mkdirSync(join(path, 'position'));
  await expect(folder.position()).rejects.toThrow('cannot be read (EISDIR)');
  rmSync(join(path, 'position'), { recursive: true });
  for (const damaged of ['', '\0\0\0\0', '3 1', '3 -1\n', '3 1\n3 2\n']) {
    writeFileSync(join(path, 'position'), damaged);
    await expect(folder.position(), JSON.stringify(damaged)).rejects.toThrow('is damaged');
  }
  await folder.writePosition({ segment: 3, offset: 1 });
  expect(await folder.position()).toEqual({ segment: 3, offset: 1 });
});

test('a killed process leaves everything that was answered to the next one, once', async () => {
  const path = newFolder();
  const first = await start(path, { answer: 'refuses' });
  for (const name of names(0, 500)) first.take(name, 20_000);
  await expect.poll(() => first.answers.size).toBe(500);
  await first.die();
  const second = await start(path);
  second.take('newer');
  await expect.poll(() => second.kafka.taken.length).toBe(501);
  expect(second.kafka.taken).toEqual([...names(0, 500), 'newer']);
  expect(second.logged()).toContain('the spool of the last run is replayed');
});

test('a process that dies in the middle of a replay repeats one chunk at most', async () => {
  const path = newFolder();
  const first = await start(path, { answer: 'refuses' });
  for (const name of names(0, 300)) first.take(name, 10_000);
  await expect.poll(() => first.answers.size).toBe(300);
  first.kafka.takesAtMost = 100;
  first.kafka.answer = 'takes';
  await expect.poll(() => first.kafka.waiting.length).toBeGreaterThan(0);
  await first.die();
  const took = first.kafka.taken.slice();
  const second = await start(path);
  await expect.poll(() => second.kafka.taken.at(-1)).toBe('record-00299');
  const all = [...took, ...second.kafka.taken];
  expect([...new Set(all)]).toEqual(names(0, 300));
  expect(all.length - 300).toBeLessThanOrEqual(1 + (256 * 1024) / 10_000);
});

test.each([
  ['a record cut in the middle', (file: string, length: number) => truncateSync(file, length - 7)],
  ['zeros, as some file systems leave', (file: string) => appendFileSync(file, Buffer.alloc(5_000))],
  ['the beginning of a record', (file: string) => appendFileSync(file, readFileSync(file).subarray(0, 30))],
])('%s at the end is dropped, and all before it is replayed', async (_, tear) => {
  const path = newFolder();
  const first = await start(path, { answer: 'refuses' });
  for (const name of names(0, 20)) first.take(name);
  await expect.poll(() => first.answers.size).toBe(20);
  await first.die();
  const file = join(
    path,
    readdirSync(path).find((name) => name.endsWith('.spool'))!,
  );
  const { length } = readFileSync(file);
  tear(file, length);
  const second = await start(path);
  const whole = readFileSync(file).length < length ? 19 : 20;
  await expect.poll(() => second.kafka.taken.length).toBe(whole);
  expect(second.kafka.taken).toEqual(names(0, whole));
  await expect.poll(() => readdirSync(path).toSorted()).toEqual(['lock', 'position']);
  expect(second.logged()).toContain('is no record');
});

test('damage in the middle costs what it hit, is told, and the file is left for an operator', async () => {
  const path = newFolder();
  const first = await start(path, { answer: 'refuses' });
  for (const name of names(0, 20)) first.take(name);
  await expect.poll(() => first.answers.size).toBe(20);
  await first.die();
  const file = join(
    path,
    readdirSync(path).find((name) => name.endsWith('.spool'))!,
  );
  const bytes = readFileSync(file);
  bytes[bytes.indexOf('record-00007')]! ^= 1;
  writeFileSync(file, bytes);
  const second = await start(path);
  await expect.poll(() => second.kafka.taken.length).toBe(19);
  expect(second.kafka.taken).toEqual([...names(0, 7), ...names(8, 20)]);
  await expect.poll(() => readdirSync(path).join()).toContain('.damaged');
  expect(second.logged()).toContain('acknowledged records are lost');
  expect(await second.metrics()).toMatch(/spool_damaged_bytes_total [1-9]/);
});

test('it is bounded, and not ready before it is full', async () => {
  const run = await start(newFolder(), { answer: 'refuses', bytesMax: MiB });
  expect(run.spool.notReady()).toBeUndefined();
  for (const name of names(0, 300)) run.take(name, 10_000);
  await expect.poll(() => run.answers.size).toBe(300);
  const kept = [...run.answers].filter(([, answer]) => answer === 'spool').map(([name]) => name);
  expect(kept.length).toBeGreaterThan(90);
  expect(run.spool.bytes).toBeLessThanOrEqual(MiB);
  expect([...run.answers.values()].filter((answer) => answer === 'spool-full')).toHaveLength(
    300 - kept.length,
  );
  expect(run.spool.notReady()).toBe('the spool is nearly full');
  run.kafka.answer = 'takes';
  await expect.poll(() => run.spool.mode).toBe('direct');
  await expect.poll(() => run.spool.notReady()).toBeUndefined();
  expect(run.kafka.taken).toEqual(kept);
});

test('a record that Kafka will never take is told, not kept for ever', async () => {
  const run = await start(newFolder());
  run.kafka.answer = 'says-nothing';
  run.take('large');
  run.kafka.waiting.splice(0).forEach((token) => token.settled('too-large'));
  expect(run.answers.get('large')).toBe('too-large');
  expect(run.spool.mode).toBe('direct');
});

test('a stop while Kafka is away leaves it all on the disk, and answers everybody', async () => {
  const path = newFolder();
  const first = await start(path, { answer: 'says-nothing' });
  for (const name of names(0, 50)) first.take(name);
  first.spool.stop();
  for (const token of first.kafka.waiting.splice(0)) token.settled('kafka-late');
  await first.spool.drain();
  expect(new Set(first.answers.values())).toEqual(new Set(['spool']));
  await first.die();
  const second = await start(path);
  await expect.poll(() => second.kafka.taken).toEqual(names(0, 50));
});

test('one process has it at a time, and a killed one leaves no lock', async () => {
  const path = newFolder();
  const first = await start(path);
  await expect(start(path)).rejects.toThrow('belongs to another process');
  await first.die();
  const killed = spawnSync(process.execPath, [
    '-e',
    `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`,
    join(path, 'lock'),
  ]);
  expect([killed.signal, readdirSync(path)]).toEqual(['SIGKILL', ['lock']]);
  expect((await start(path)).spool.mode).toBe('direct');
});

/** A disk of a few MiB. */
function smallDisk(): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'penstock-small-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', path]).status === 0;
  onTestFinished(() => {
    if (mounted) spawnSync('umount', ['-l', path]);
    rmSync(path, { recursive: true });
  });
  return mounted ? path : undefined;
}

const canMount = (() => {
  if (process.getuid?.() !== 0 || process.platform !== 'linux') return false;
  const path = mkdtempSync(join(tmpdir(), 'penstock-mount-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', path]).status === 0;
  if (mounted) spawnSync('umount', [path]);
  rmSync(path, { recursive: true, force: true });
  return mounted;
})();

test.skipIf(!canMount)(
  'a full disk is told, keeps what it took, and is used again when there is room (needs root to mount)',
  async () => {
    const path = smallDisk()!;
    const ballast = join(path, 'ballast');
    writeFileSync(ballast, Buffer.alloc(2 * MiB));
    const first = await start(path, { answer: 'refuses', bytesMax: 2 * MiB });
    for (const name of names(0, 150)) first.take(name, 10_000);
    await expect.poll(() => first.answers.size).toBe(150);
    const kept = [...first.answers].filter(([, answer]) => answer === 'spool').map(([name]) => name);
    expect(kept.length).toBeLessThan(120);
    expect(first.logged()).toContain('ENOSPC');
    await expect.poll(() => first.spool.notReady()).toBe('the disk of the spool is nearly full');
    rmSync(ballast);
    await expect.poll(() => first.spool.notReady()).toBeUndefined();
    first.take('after', 10_000);
    await expect.poll(() => first.answers.get('after')).toBe('spool');
    await first.die();
    // Full already at the start, with a spool that waits: it is replayed all the same.
    spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=64k']);
    const second = await start(path, { bytesMax: 2 * MiB });
    await expect.poll(() => second.spool.mode).toBe('direct');
    expect(second.kafka.taken).toEqual([...kept, 'after']);
    expect(second.logged()).not.toContain('is no record');
  },
);
