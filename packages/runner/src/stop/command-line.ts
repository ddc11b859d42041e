import { parseDecimal } from '../id.ts';
import { readOptions, type OptionTable } from '../options.ts';

export interface StopRequest {
  pidFile: string;
  timeoutSeconds: number;
  killAfterSeconds: number | undefined;
  ready: URL | undefined;
}

export type StopCommandLine =
  | { kind: 'help' }
  | { kind: 'stop'; request: StopRequest }
  | { kind: 'wrong'; problems: string[] };

const stopOptions: OptionTable = {
  '--pid-file': 'value',
  '--timeout': 'value',
  '--kill-after': 'value',
  '--ready': 'value',
  '--help': 'flag',
};

/** setTimeout and the eye both end before: a day. */
const secondsMax = 86_400;

export function parseStopCommandLine(args: readonly string[]): StopCommandLine {
  const problems: string[] = [];
  const given = readOptions(args, stopOptions, problems);
  if (given.has('--help')) return { kind: 'help' };

  const value = (name: string) => given.get(name)?.[0];
  const seconds = (name: string): number | undefined => {
    const text = value(name);
    const number = parseDecimal(text ?? '');
    if (text !== undefined && !(number !== undefined && number >= 1 && number <= secondsMax))
      problems.push(`${name} ${JSON.stringify(text)}: say seconds, 1 to ${secondsMax}`);
    return number;
  };
  const pidFile = value('--pid-file');
  if (!pidFile) problems.push('--pid-file is needed');
  const timeoutSeconds = seconds('--timeout') ?? 300;
  const killAfterSeconds = seconds('--kill-after');
  if (killAfterSeconds !== undefined && killAfterSeconds >= timeoutSeconds)
    problems.push(
      `--kill-after ${killAfterSeconds} is not below --timeout ${timeoutSeconds}: it would never act`,
    );
  const ready = readUrl(value('--ready'), problems);
  if (problems.length > 0) return { kind: 'wrong', problems };
  return { kind: 'stop', request: { pidFile: pidFile ?? '', timeoutSeconds, killAfterSeconds, ready } };
}

function readUrl(text: string | undefined, problems: string[]): URL | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && ['http:', 'https:'].includes(url.protocol)) return url;
  problems.push(`--ready ${JSON.stringify(text)}: say an http: or https: URL`);
  return undefined;
}
