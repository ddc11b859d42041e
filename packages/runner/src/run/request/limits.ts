import { parseDecimal } from '../../id.ts';

/** One resource limit, its values validated decimals or 'unlimited'. */
export interface Limit {
  resource: string;
  soft: string;
  hard: string;
}

const resources = new Set(
  'as core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(
    ' ',
  ),
);

/**
 * `nofile=65536`, `nofile=1024:65536`, `core=unlimited`, in the units of setrlimit(2). Returns the problem
 * as a string.
 */
export function parseLimit(text: string): Limit | string {
  const match = /^([a-z]+)=([^:]*)(?::([^:]*))?$/.exec(text);
  const resource = match?.[1] ?? '';
  if (!match || !resources.has(resource)) {
    return (
      `--limit ${JSON.stringify(text)}: say RESOURCE=SOFT[:HARD], ` +
      `RESOURCE one of ${[...resources].join(', ')}`
    );
  }
  const soft = match[2] ?? '';
  const hard = match[3] ?? soft;
  const [low, high] = [amount(soft), amount(hard)];
  if (low === undefined || high === undefined) return `--limit ${text}: not a number or 'unlimited'`;
  if (low > high) return `--limit ${text}: the soft limit is above the hard one`;
  return { resource, soft, hard };
}

function amount(text: string): number | undefined {
  if (text === 'unlimited') return Infinity;
  const number = parseDecimal(text);
  return number !== undefined && Number.isSafeInteger(number) ? number : undefined;
}
