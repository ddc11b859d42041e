import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { eachWithItsName, readProcesses } from './watched.ts';

test('processes are named on the command line', () => {
  expect(readProcesses('mirror=412,kafka 1=7')).toEqual([
    { name: 'mirror', pid: 412 },
    { name: 'kafka 1', pid: 7 },
  ]);
  expect(() => readProcesses('412')).toThrow('--processes is NAME=PID');
});

test("all of a demo's processes are known from its cluster.json, those of other datacenters too", () => {
  const service = (pid: number) => ({ pid, operations: `http://127.0.0.1:${pid}` });
  const cluster = (name: string, pid: number | null) => ({ name, brokers: [{ id: 1, pid }] });
  const demo = {
    ...{ state: 'running', datacenter: cluster('fra', 10), master: cluster('master', null) },
    ...{ services: { receiver: service(1), mirror: service(2) }, prober: service(3) },
    otherDatacenters: [{ cluster: cluster('ams', 20), services: { receiver: service(4) } }],
  };
  const file = fileOf(demo);
  expect(readProcesses(file).map(({ name, pid }) => [name, pid])).toEqual([
    ['receiver', 1],
    ['mirror', 2],
    ['ams receiver', 4],
    ['prober', 3],
    ['fra broker 1', 10],
    ['ams broker 1', 20],
  ]);
  expect(readProcesses(file)[1]).toMatchObject({ operations: 'http://127.0.0.1:2' });
  expect(() => readProcesses(fileOf({ ...demo, state: 'stopped' }))).toThrow('is not running');
  expect(() => readProcesses(fileOf({}))).toThrow('is not the cluster.json');
});

test('processes that share a name are told apart, and one that is named twice is one', () => {
  const one = { name: 'mirror', operations: 'http://127.0.0.1:9473' };
  expect(eachWithItsName([...readProcesses('filter=1,mirror=2,filter=3'), one, one])).toEqual([
    { name: 'filter pid 1', pid: 1 },
    { name: 'mirror pid 2', pid: 2 },
    { name: 'filter pid 3', pid: 3 },
    { name: 'mirror 127.0.0.1:9473', operations: 'http://127.0.0.1:9473' },
  ]);
});

function fileOf(content: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'cluster.json');
  writeFileSync(file, JSON.stringify(content));
  return file;
}
