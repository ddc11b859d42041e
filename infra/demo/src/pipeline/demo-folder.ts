import { readFileSync } from 'node:fs';
import { copyFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestKafka } from '@penstock/test-broker';
import type { ClusterFile } from './cluster-file.ts';
import { DemoError } from '../errors.ts';

/** Where a demo leaves cluster.json and its logs. */
export interface DemoFolder {
  readonly clusterFile: string;
  readonly logs: string;
}

/** Empties the folder of an earlier demo. Throws when that is still running. */
export async function openDemoFolder(folder: string): Promise<DemoFolder> {
  const clusterFile = join(folder, 'cluster.json');
  const running = readClusterFile(clusterFile);
  if (running && running.state !== 'stopped' && isDemo(running.pid)) {
    throw new DemoError(
      `a demo runs already, pid ${running.pid} (${clusterFile}); stop it, or say --folder DIR`,
    );
  }
  const logs = join(folder, 'logs');
  await rm(clusterFile, { force: true });
  await rm(logs, { recursive: true, force: true });
  await mkdir(logs, { recursive: true });
  return { clusterFile, logs };
}

/** Whole or not at all: others read it. */
export async function writeClusterFile(path: string, content: ClusterFile): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(content, undefined, 2)}\n`);
  await rename(`${path}.new`, path);
}

/** Brokers write their log into the folder of their cluster; while they run, it is linked. */
export async function linkBrokerLogs(logs: string, name: string, cluster: TestKafka): Promise<void> {
  const [log] = cluster.brokers.map(({ logFile }) => logFile);
  if (log !== undefined) await symlink(log, brokerLog(logs, name));
}

/** Before the folder of the cluster is removed. */
export async function keepBrokerLogs(logs: string, name: string, cluster: TestKafka): Promise<void> {
  const [log] = cluster.brokers.map(({ logFile }) => logFile);
  if (log === undefined) return;
  await rm(brokerLog(logs, name), { force: true });
  await copyFile(log, brokerLog(logs, name));
}

export function brokerLog(logs: string, name: string): string {
  return join(logs, `kafka-${name}.log`);
}

function readClusterFile(path: string): Pick<ClusterFile, 'state' | 'pid'> | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ClusterFile;
  } catch {
    return undefined;
  }
}

/** Whether this number still is a demo's, and not another process's since. */
function isDemo(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('infra/demo/main.ts');
  } catch {
    return false;
  }
}
