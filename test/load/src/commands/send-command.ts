import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { eventsOf, parseRate } from '../plan/arrivals.ts';
import { parseMix } from '../plan/request-shape.ts';
import type { SendOptions } from '../send/send.ts';
import { send } from '../send/send.ts';
import { progressPrinter } from './progress-printer.ts';
import { SendHistory, sendPage } from './send-page.ts';
import { describeSent } from './send-report.ts';
import type { Values } from './usage.ts';

/** What is wrong with a flag is thrown in words, before anything is sent. */
export function sendOptions(values: Values): Omit<SendOptions, 'signal' | 'onProgress'> {
  const rate = values.rate === undefined ? undefined : parseRate(values.rate);
  if (values.report !== undefined && !existsSync(dirname(values.report)))
    throw new Error(`--report: there is no folder ${dirname(values.report)}`);
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
  };
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

export async function runSend(values: Values, options: ReturnType<typeof sendOptions>): Promise<number> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  const before = process.cpuUsage();
  using printer = progressPrinter(process.stderr);
  const history = new SendHistory();
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
  if (values.report !== undefined) await writeFile(values.report, sendPage(outcome, history, options.urls));
  return total.unknown + unsent === 0 ? 0 : 1;
}
