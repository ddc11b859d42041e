import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { findDebianProgram, whyNoProgram } from '../../../debian-program.ts';
import type { DebianProgram } from '../../../debian-program.ts';
import type { Contender } from '../contender.ts';
import { valueOf } from './client-process.ts';
import type { Job } from './client-process.ts';

/**
 * librdkafka as kcat drives it. Consuming, it prints nothing of a record. Producing, it reads lines of a
 * file: what that costs is in its figures (by standard input: `-l` costs twice as much). `folder` takes
 * these files, and goes with all that is in it.
 */
export function kcatContender(folder: string): Contender {
  const program = findKcat();
  if (program === undefined) return { ...skipped, skipped: whyNoKcat() };
  const env = program.libraries === '' ? {} : { LD_LIBRARY_PATH: program.libraries };
  const linesOf = ({ records }: Job): string => join(folder, `${records}.lines`);
  return {
    name: `librdkafka ${librdkafkaVersion(program.path, env)} (kcat)`,
    async prepare(job) {
      if (job.role === 'produce' && !existsSync(linesOf(job))) await writeLines(linesOf(job), job);
    },
    launch: (job) =>
      job.role === 'produce'
        ? { command: program.path, args: produceArgs(job), env, input: linesOf(job) }
        : { command: program.path, args: consumeArgs(job), env },
    report: () => ({}),
  };
}

const skipped: Contender = {
  name: 'librdkafka (kcat)',
  launch: () => {
    throw new Error('there is no kcat');
  },
  report: () => ({}),
};

/** Of an idempotent producer; 64 MB may wait, as for the others. */
export function librdkafkaProduceSettings({ batchBytes, lingerMs }: Job): Record<string, string> {
  return {
    acks: 'all',
    'enable.idempotence': 'true',
    'linger.ms': String(lingerMs),
    'batch.size': String(batchBytes),
    'batch.num.messages': '100000',
    'queue.buffering.max.kbytes': '65536',
    'compression.codec': 'none',
  };
}

function produceArgs(job: Job): string[] {
  const { bootstrap, topic } = job;
  const settings = librdkafkaProduceSettings(job);
  return ['-P', '-q', '-b', bootstrap.join(','), '-t', topic, ...settingArgs(settings)];
}

function consumeArgs({ bootstrap, topic }: Job): string[] {
  const settings = { 'isolation.level': 'read_committed', 'fetch.message.max.bytes': '1048576' };
  return [
    '-C',
    '-q',
    '-e',
    '-o',
    'beginning',
    '-f',
    '',
    '-b',
    bootstrap.join(','),
    '-t',
    topic,
    ...settingArgs(settings),
  ];
}

function settingArgs(settings: Record<string, string>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-X', `${name}=${value}`]);
}

async function writeLines(path: string, job: Job): Promise<void> {
  const line = Buffer.concat([valueOf(job), Buffer.from('\n')]);
  const linesAtOnce = 1_000;
  const block = Buffer.concat(Array.from({ length: linesAtOnce }, () => line));
  await using file = await open(path, 'w');
  for (let left = job.records; left > 0; left -= linesAtOnce) {
    await file.write(block, 0, Math.min(left, linesAtOnce) * line.length);
  }
}

export const findKcat = (): DebianProgram | undefined => findDebianProgram('kcat', 'kcat');

export const whyNoKcat = (): string => whyNoProgram('kcat');

export function librdkafkaVersion(program: string, env: Record<string, string>): string {
  const { stdout } = spawnSync(program, ['-V'], { env: { ...process.env, ...env }, encoding: 'utf8' });
  return /librdkafka (\d[\d.]*)/.exec(stdout)?.[1] ?? '?';
}
