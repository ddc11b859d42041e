import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Contender } from '../contender.ts';
import type { Job } from './client-process.ts';
import { findKcat, librdkafkaProduceSettings, librdkafkaVersion, whyNoKcat } from './kcat.ts';

const source = join(import.meta.dirname, 'librdkafka-produce.c');

/**
 * librdkafka from forty lines of C: kcat spends much of its time on reading lines. Needs a C compiler, and
 * the library that comes with kcat. Produces only.
 */
export function librdkafkaContender(folder: string): Contender {
  const kcat = findKcat();
  const program = join(folder, 'librdkafka-produce');
  const env: Record<string, string> = kcat?.libraries ? { LD_LIBRARY_PATH: kcat.libraries } : {};
  return {
    name: `librdkafka ${kcat ? librdkafkaVersion(kcat.path, env) : ''} (C)`,
    skipped: kcat ? compile(program, kcat.libraries.split(':')) : whyNoKcat(),
    launch: (job) => ({ command: program, args: argumentsOf(job), env }),
    report: () => ({}),
  };
}

function argumentsOf(job: Job): string[] {
  const { bootstrap, topic, partitions, records, valueBytes } = job;
  const settings = { 'bootstrap.servers': bootstrap.join(','), ...librdkafkaProduceSettings(job) };
  return [
    ...[topic, String(partitions), String(records), String(valueBytes)],
    ...Object.entries(settings).map(([name, value]) => `${name}=${value}`),
  ];
}

/** Returns why it could not. */
function compile(program: string, folders: readonly string[]): string | undefined {
  const library = folders.map((folder) => join(folder, 'librdkafka.so.1')).find((file) => existsSync(file));
  const args = ['-O2', '-o', program, source, library ?? '-l:librdkafka.so.1', '-Wl,--allow-shlib-undefined'];
  const { error, status, stderr } = spawnSync('cc', args, { encoding: 'utf8' });
  if (error) return 'no C compiler (cc)';
  return status === 0 ? undefined : `cc: ${stderr.trim().split('\n').at(-1) ?? status}`;
}
