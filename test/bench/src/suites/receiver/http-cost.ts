import { cpuSecondsOf, ServiceProcess } from '@penstock/test-process';
import { join } from 'node:path';
import { spreadOf } from '../../statistics.ts';
import type { SuiteContext } from '../../suite.ts';
import type { Row, Table } from '../../table.ts';
import { runWrk } from './wrk.ts';

/** What serves the requests. */
export const httpServers = [
  { kind: 'fastify', name: "the Receiver's server (fastify)" },
  { kind: 'node', name: 'node:http alone' },
] as const;

export type HttpServerKind = (typeof httpServers)[number]['kind'];

export interface HttpSample {
  readonly cpuMicrosPerRequest: number;
  readonly requestsPerSecond: number;
  readonly p99Ms: number;
}

export interface HttpLoad {
  /** Bodies as files 1 to `bodies`. */
  readonly folder: string;
  readonly bodies: number;
  readonly seconds: { readonly warm: number; readonly measured: number };
}

const connections = 64;

/** It stands beside the Receiver's own tests, since it is made of what no other package may import. */
const httpAlone = join(import.meta.dirname, '../../../../../packages/receiver/test/http-alone.ts');

/** By turns, so that what disturbs the machine disturbs both alike. */
export async function measureHttpCost(load: HttpLoad, { runs, say }: SuiteContext): Promise<Table> {
  const samples = new Map<HttpServerKind, HttpSample[]>(httpServers.map(({ kind }) => [kind, []]));
  for (let turn = 1; turn <= runs; turn += 1) {
    for (const { kind, name } of httpServers) {
      const sample = await measureServer(kind, load);
      samples.get(kind)?.push(sample);
      say(`run ${turn} of ${runs}: ${name}: ${sample.cpuMicrosPerRequest.toFixed(1)} us a request`);
    }
  }
  return httpTable(samples);
}

/** Rejects when one request was not answered 200. */
async function measureServer(kind: HttpServerKind, load: HttpLoad): Promise<HttpSample> {
  const { folder, bodies, seconds } = load;
  await using server = new ServiceProcess({
    name: kind,
    command: [process.execPath, httpAlone, kind],
    env: { PATH: process.env['PATH'] },
  });
  const { port } = await server.said('listening');
  const url = `http://127.0.0.1:${String(port)}/v4/events`;
  const client = { url, connections, folder, bodies, pauseMs: 0 };
  await runWrk({ ...client, seconds: seconds.warm });
  const before = cpuSecondsOf(server.pid!);
  const { requests, p99Ms } = await runWrk({ ...client, seconds: seconds.measured });
  const cpuSeconds = cpuSecondsOf(server.pid!) - before;
  return {
    cpuMicrosPerRequest: (cpuSeconds / requests) * 1e6,
    requestsPerSecond: requests / seconds.measured,
    p99Ms,
  };
}

export function httpTable(samples: ReadonlyMap<HttpServerKind, readonly HttpSample[]>): Table {
  const cpuOf = (kind: HttpServerKind) =>
    spreadOf((samples.get(kind) ?? []).map(({ cpuMicrosPerRequest }) => cpuMicrosPerRequest));
  return {
    title: 'What fastify costs at one event a request',
    columns: [
      { key: 'cpu', title: 'CPU us/request', digits: 1 },
      { key: 'more', title: 'more than node:http, us', digits: 1 },
      { key: 'rate', title: 'requests/s', digits: 0 },
      { key: 'p99', title: 'p99 ms', digits: 1 },
    ],
    rows: httpServers.map(({ kind, name }): Row => {
      const cpu = cpuOf(kind);
      const of = samples.get(kind) ?? [];
      const figures = {
        cpu,
        more: kind === 'node' ? null : cpu.median - cpuOf('node').median,
        rate: spreadOf(of.map(({ requestsPerSecond }) => requestsPerSecond)),
        p99: spreadOf(of.map(({ p99Ms }) => p99Ms)),
      };
      return { name, figures };
    }),
    notes: [
      `wrk posts one event a request on ${connections} connections by one thread. The body is read and ` +
        "counted, the answer is the Receiver's with the same headers: no record, no Kafka.",
      "The Receiver's server is fastify as it is configured there, with its hooks and routes. node:http " +
        'has the same limits, and looks at method and path only.',
      'CPU is user and system time of the process by the kernel, over the requests that wrk counts, ' +
        'once it is warm. wrk shares the machine.',
    ],
  };
}
