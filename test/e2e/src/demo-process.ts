import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceProcess } from '@penstock/test-process';
import { onTestFinished } from 'vitest';

/** What these tests read of cluster.json; the demo's own type says more. */
export interface DemoFile {
  state: string;
  pid: number;
  user: string;
  datacenter: ClusterEntry;
  master: ClusterEntry;
  services: Record<'receiver' | 'input-filter' | 'mirror', { pid: number; operations: string; url: string }>;
  prober?: { pid: number; operations: string; page: string };
  posted: {
    number: number;
    requestId: string | null;
    expected: { kind: string; eventId?: string | null; reason?: string }[];
  }[];
  verdict?: { ok: boolean; problems: string[] };
}

interface ClusterEntry {
  bootstrap: string[];
  topics: Record<string, string>;
  brokers: { pid: number; port: number }[];
}

export interface DemoProcess {
  readonly process: ServiceProcess;
  /** Settles with the exit code, or the signal. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  output(): string;
  /** Settles when the output holds this text; rejects when the demo ends before. */
  said(text: string): Promise<void>;
  file(): DemoFile;
}

const checkout = join(import.meta.dirname, '../../..');

/** The demo as `npm run demo` starts it after the set-up, with a folder of its own; killed with the test. */
export function startDemo(args: readonly string[], env: Record<string, string> = {}): DemoProcess {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-test-demo-'));
  const main = join(checkout, 'infra/demo/main.ts');
  const demo = new ServiceProcess({
    name: 'the demo',
    command: [process.execPath, main, '--folder', folder, ...args],
    cwd: checkout,
    env: { ...process.env, ...env },
  });
  onTestFinished(async () => {
    await demo.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    process: demo,
    ended: demo.exited.then(({ code, signal }) => code ?? signal),
    output: () => demo.output,
    said: (text) => demo.until(() => demo.output.includes(text), `it says "${text}"`, { timeoutMs: 300_000 }),
    file: () => JSON.parse(readFileSync(join(folder, 'cluster.json'), 'utf8')) as DemoFile,
  };
}

/** Everything that a demo has started. */
export function pidsOf({ services, datacenter, master, prober }: DemoFile): number[] {
  const brokers = [...datacenter.brokers, ...master.brokers];
  return [...Object.values(services), ...(prober ? [prober] : []), ...brokers]
    .map(({ pid }) => pid)
    .filter((pid) => pid > 0);
}

export function portsOf({ services, datacenter, master }: DemoFile): number[] {
  const urls = Object.values(services).flatMap(({ operations, url }) => [operations, ...(url ? [url] : [])]);
  const brokers = [...datacenter.brokers, ...master.brokers].map(({ port }) => port);
  return [...urls.map((url) => Number(new URL(url).port)), ...brokers];
}

/** `uid:gid` of a process by its effective ids. */
export function userOf(pid: number): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const [, uid] = /^Uid:\t\d+\t(\d+)/m.exec(status) ?? [];
  const [, gid] = /^Gid:\t\d+\t(\d+)/m.exec(status) ?? [];
  return `${uid}:${gid}`;
}

export function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

export function answersOn(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const settle = (answers: boolean): void => {
      socket.destroy();
      resolve(answers);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}

/** Folders of the demo's clusters below the temporary folder. */
export function clusterFolders(below: string): string[] {
  return readdirSync(below).filter((name) => name.startsWith('penstock-demo-'));
}
