import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { eventsOf, parseRate } from '../plan/arrivals.ts';
import { parseMix } from '../plan/request-shape.ts';
import type { SendOptions } from '../send/send.ts';
import { send } from '../send/send.ts';
import { progressPrinter } from './progress-printer.ts';
import { ProcessWatch } from '../watch/process-watch.ts';
import { operationsAddresses, readProcesses, type Watched, watchedByOperations } from '../watch/watched.ts';
import { SendHistory } from './send-history.ts';
import { describeSent } from './send-report.ts';
import { writeSendReport } from './write-send-report.ts';
import type { Values } from './usage.ts';

/** What is wrong with a flag is thrown in words, before anything is sent. */
export function sendOptions(values: Values): Omit<SendOptions, 'signal' | 'onProgress'> {
  const rate = values.rate === undefined ? undefined : parseRate(values.rate);
  return {
    urls: receiverUrls(values.url ?? ''),
    seed: Number(values.seed),
    events: Number(values.events ?? (rate && eventsOf(rate)) ?? 100_000),
    eventsPerRequest: Number(values['per-request']),
    clients: Number(values.clients),
    mix: parseMix(values.formats),
    compressed: Number(values.compressed),
    fixable: Number(values.fixable),
    rejected: Number(values.rejected),
    sentTwice: Number(values.twice),
    cutBeforeAnswer: Number(values.cut),
    ...(rate && { rate }),
    ...(values.bytes !== undefined && { eventBytes: Number(values.bytes) }),
    ...(values['api-key-file'] !== undefined && { apiKey: readApiKey(values['api-key-file']) }),
  };
}

/** From a file: a command line can be read by everybody on the machine. */
function readApiKey(file: string): string {
  let key: string;
  try {
    key = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new Error(`--api-key-file: ${file} cannot be read`, { cause });
  }
  if (!/^[\x21-\x7e]+$/.test(key)) throw new Error(`--api-key-file: ${file} is not one API key`);
  return key;
}

/** What cannot be written is told before the run, and not after it. */
export function checkFiles({ report, ledger }: Pick<Values, 'report' | 'ledger'>): void {
  for (const [flag, file] of Object.entries({ report, ledger })) {
    if (file === undefined) continue;
    const folder = dirname(file);
    if (!isFolder(folder)) throw new Error(`--${flag}: there is no folder ${folder}`);
    if (isFolder(file)) throw new Error(`--${flag}: ${file} is a folder, not a file`);
    try {
      accessSync(existsSync(file) ? file : folder, constants.W_OK);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new Error(`--${flag}: ${file} cannot be written (${code})`, { cause: error });
    }
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Known before the first request, and not by the first that fails. */
export function receiverUrls(list: string): string[] {
  return list.split(',').map((text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url?.protocol !== 'http:' || url.pathname !== '/' || url.search !== '' || url.username !== '')
      throw new Error(`--url is http://host:port, or several with commas between, not "${text}"`);
    return url.origin;
  });
}

/** The sender itself, where /proc is, and what the flags name. */
export function watchedProcesses(values: Values): { processes: Watched[]; operations: string[] } {
  if (values.report === undefined && (values.processes ?? values.operations) !== undefined)
    throw new Error('--processes and --operations are for the page: say --report FILE.html, too');
  const own = existsSync('/proc/self/stat') ? [{ name: 'this sender', pid: process.pid }] : [];
  return {
    processes: [...own, ...(values.processes === undefined ? [] : readProcesses(values.processes))],
    operations: values.operations === undefined ? [] : operationsAddresses(values.operations),
  };
}

export async function runSend(values: Values, options: ReturnType<typeof sendOptions>): Promise<number> {
  const { processes, operations } = watchedProcesses(values);
  const watched = [...processes, ...(await watchedByOperations(operations))];
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  const before = process.cpuUsage();
  using printer = progressPrinter(process.stderr);
  const history = new SendHistory();
  await using watch = await ProcessWatch.start(values.report === undefined ? [] : watched);
  const { ledger, total, steps } = await send({
    ...options,
    signal: stop.signal,
    onProgress: (progress) => {
      printer.show(progress);
      history.note(progress);
    },
  });
  printer.end();
  const { user, system } = process.cpuUsage(before);
  await ledger.save(values.ledger);
  const unsent = ledger.count('unsent');
  const own = { cpuMicrosPerEvent: (user + system) / Math.max(1, total.acknowledged), cores: cpus().length };
  const outcome = { ledger: values.ledger, seed: options.seed, unsent, total, steps, own };
  process.stdout.write(
    values.json ? `${JSON.stringify(outcome, undefined, 2)}\n` : describeSent(outcome, options.rate),
  );
  if (values.report !== undefined) await writeSendReport(values.report, { outcome, history, watch, options });
  return total.unknown + unsent === 0 && total.acknowledged > 0 ? 0 : 1;
}
