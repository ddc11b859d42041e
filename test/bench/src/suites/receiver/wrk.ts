import { runToEnd } from '@penstock/test-process';
import { join } from 'node:path';
import { findDebianProgram, whyNoProgram } from '../../debian-program.ts';
import { withFiles } from './contender.ts';

/** One run of the load generator. */
export interface WrkLoad {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** Files 1 to `bodies` of this folder are sent by turns. */
  readonly folder: string;
  readonly bodies: number;
  /** What each connection rests before a request on average; 0: it sends as soon as it is answered. */
  readonly pauseMs: number;
}

export interface WrkSummary {
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface Told extends WrkSummary {
  /** Answers other than 200. */
  readonly refused: number;
  /** Connections, and answers that did not come. */
  readonly broken: number;
}

const script = join(import.meta.dirname, 'load.lua');
const answerSeconds = 30;

/** Undefined when it is there. */
export function whyNoWrk(): string | undefined {
  return findWrk() ? undefined : whyNoProgram('wrk');
}

/** Rejects when one request was not answered 200. */
export async function runWrk(load: WrkLoad): Promise<WrkSummary> {
  const { url, connections, seconds, folder, bodies, pauseMs } = load;
  const wrk = findWrk();
  if (wrk === undefined) throw new Error(whyNoProgram('wrk'));
  const command = [
    ...[wrk.path, '-t', '1', '-c', String(connections), '-d', `${seconds}s`],
    ...['--timeout', `${answerSeconds}s`, '-s', script, url, '--', folder, String(bodies), String(pauseMs)],
  ];
  const env = { PATH: process.env['PATH'], ...(wrk.libraries && { LD_LIBRARY_PATH: wrk.libraries }) };
  const timeoutMs = (seconds + answerSeconds) * 1_000;
  const ended = await runToEnd(withFiles(connections, command), { env, timeoutMs });
  if (ended.exitCode !== 0) throw new Error(`wrk ended with ${ended.exitCode}: ${ended.stderr.trim()}`);
  const told = JSON.parse(ended.stdout.trim().split('\n').at(-1) ?? '') as Told;
  if (told.refused > 0 || told.broken > 0)
    throw new Error(`${told.refused} of ${told.requests} refused, ${told.broken} broken`);
  return told;
}

const findWrk = () => findDebianProgram('wrk', 'wrk');
