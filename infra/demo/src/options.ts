import { parseArgs } from 'node:util';
import { inCheckout } from './checkout.ts';

export interface DemoOptions {
  /** Ends after the account, with the verdict as exit code. */
  once: boolean;
  /** Of the Receiver; 0: any free one. */
  port: number;
  /** For cluster.json and the logs. */
  folder: string;
  /** How many there are around the master, 1 to 4. */
  datacenters: number;
}

const help = `npm run demo [-- OPTION...]

Starts two Kafka clusters and the pipeline between them on this machine, posts sample events of every format,
shows what became of them, and goes on until Ctrl-C with a live page. All ports are free ones on 127.0.0.1.

  --once         end after the account. Exit code 0 only when every expected event is in the master exactly
                 once and the balance holds: events in = clean + rejected + duplicate
  --datacenters N
                 1 to 4 around the master, each with a cluster and services of its own (default: 1); the
                 README of infra/demo says how much memory they take
  --port N       where the Receiver listens (default: a free port)
  --folder DIR   for cluster.json (addresses, pids, what was posted) and logs/ (default: .demo)
  --help

Exit codes: 0 all was well, 1 something was missing or failed, 2 wrong usage.
`;

const options = {
  once: { type: 'boolean', default: false },
  port: { type: 'string', default: '0' },
  datacenters: { type: 'string', default: '1' },
  folder: { type: 'string', default: inCheckout('.demo') },
  help: { type: 'boolean', default: false },
} as const;

export type ReadOptions =
  | { kind: 'run'; options: DemoOptions }
  | { kind: 'text'; text: string; exitCode: 0 | 2 };

export function readOptions(args: readonly string[]): ReadOptions {
  try {
    const { values } = parseArgs({ args: [...args], options, strict: true });
    if (values.help) return { kind: 'text', text: help, exitCode: 0 };
    const port = Number(values.port);
    if (!/^\d{1,5}$/.test(values.port) || port > 65_535) return wrong('--port must be a number up to 65535');
    if (values.folder === '') return wrong('--folder is empty');
    if (!/^[1-4]$/.test(values.datacenters)) return wrong('--datacenters must be a number from 1 to 4');
    const datacenters = Number(values.datacenters);
    if (values.once && datacenters > 1) {
      return wrong('--once ends after the account of one datacenter: leave out --datacenters');
    }
    return { kind: 'run', options: { once: values.once, port, folder: values.folder, datacenters } };
  } catch (error) {
    return wrong((error as Error).message);
  }
}

function wrong(problem: string): ReadOptions {
  return { kind: 'text', text: `${problem}\n\n${help}`, exitCode: 2 };
}
