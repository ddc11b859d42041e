import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder, javaCommand, kafkaVersion } from './java.ts';
import { propertiesFile } from '../broker/settings.ts';

/**
 * A Kafka uuid: 16 bytes, URL-safe base64 without padding; never with a leading dash (tools take it for an
 * option).
 */
export function randomKafkaId(): string {
  for (;;) {
    const id = randomBytes(16).toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}

/**
 * Makes `folder` a formatted log directory of node `id`. `kafka.tools.StorageTool format` writes two files:
 * the node's identity, written here without a JVM (0.7 s saved a broker), and the first records of the
 * metadata (features of the version, users), which are the same for every cluster with the same arguments:
 * its own output of the first time is kept and copied.
 */
export async function formatStorage(
  folder: string,
  id: number,
  clusterId: string,
  formatArguments: readonly string[] = [],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const identity = {
    version: '1',
    'cluster.id': clusterId,
    'node.id': String(id),
    'directory.id': randomKafkaId(),
  };
  await writeFile(join(folder, 'meta.properties'), propertiesFile(identity));
  await copyFile(await bootstrapRecords(formatArguments), join(folder, 'bootstrap.checkpoint'));
}

async function bootstrapRecords(formatArguments: readonly string[]): Promise<string> {
  const kept = join(cacheFolder, `bootstrap-${kafkaVersion()}${suffixOf(formatArguments)}.checkpoint`);
  if (existsSync(kept)) return kept;
  const folder = await mkdtemp(join(tmpdir(), 'penstock-format-'));
  try {
    const config = join(folder, 'server.properties');
    await writeFile(
      config,
      propertiesFile({
        'process.roles': 'broker,controller',
        'node.id': '1',
        'controller.quorum.voters': '1@127.0.0.1:9093',
        listeners: 'PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093',
        'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
        'controller.listener.names': 'CONTROLLER',
        'log.dirs': join(folder, 'data'),
      }),
    );
    const logConfig = join(import.meta.dirname, 'tool.log4j2.properties');
    const format = ['format', '-t', randomKafkaId(), '-c', config, ...formatArguments];
    const java = javaCommand('kafka.tools.StorageTool', format, { heapMb: 128, logConfig });
    await promisify(execFile)(java.program, java.args, { timeout: 60_000 });
    // Under a name of our own first: several clusters may start for the first time at once.
    const ours = `${kept}.${process.pid}.${randomBytes(4).toString('hex')}`;
    await copyFile(join(folder, 'data/bootstrap.checkpoint'), ours);
    await rename(ours, kept);
    return kept;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function suffixOf(formatArguments: readonly string[]): string {
  if (formatArguments.length === 0) return '';
  return `-${createHash('sha256').update(formatArguments.join('\0')).digest('hex').slice(0, 12)}`;
}
