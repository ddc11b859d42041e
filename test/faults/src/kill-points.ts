import { apiKeys } from './api-keys.ts';
import type { FaultProxy, TrapHandle } from './proxy.ts';

/**
 * The moments of a transaction between which a process may die, in their order. Each is one request, held
 * before the broker gets it, or its answer, held before the client hears it. So the product needs no code for
 * it: whoever is held there waits, and can be killed, paused or cut off.
 */
export const killPoints = {
  'before an output is written': { apiKey: apiKeys.produce, held: 'request' },
  'an output is written, and its sender does not know': { apiKey: apiKeys.produce, held: 'answer' },
  'the outputs are written, the positions are not': { apiKey: apiKeys.txnOffsetCommit, held: 'request' },
  'the positions are written, and their sender does not know': {
    apiKey: apiKeys.txnOffsetCommit,
    held: 'answer',
  },
  'everything is written, the end is not decided': { apiKey: apiKeys.endTxn, held: 'request' },
  'the end is decided, and its sender does not know': { apiKey: apiKeys.endTxn, held: 'answer' },
} as const;

export type KillPoint = keyof typeof killPoints;

export const killPointNames = Object.keys(killPoints) as KillPoint[];

/**
 * Holds the next process that comes to this point, at whichever broker. Every client comes through the
 * proxies, so let only the one work that is meant. The others of its connections go on.
 */
export function holdAt(proxies: readonly FaultProxy[], point: KillPoint): TrapHandle {
  const { apiKey, held } = killPoints[point];
  const traps = proxies.map((proxy) =>
    held === 'request'
      ? proxy.swallowNextRequest({ apiKey })
      : proxy.dropNextResponse({ apiKey, thenCut: false }),
  );
  const disarm = (): void => traps.forEach((trap) => trap.disarm());
  return { struck: Promise.race(traps.map((trap) => trap.struck)).then(disarm), disarm };
}
