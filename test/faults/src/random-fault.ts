import { setTimeout as sleep } from 'node:timers/promises';
import { apiKeys } from './api-keys.ts';
import type { Direction } from './flow.ts';
import type { FaultProxy, TrapHandle } from './proxy.ts';
import { type SeededRandom, pickOne } from './seeded.ts';

/** One fault at one moment, drawn before it strikes so that a failing seed can be told in words. */
export interface DrawnFault {
  readonly name: string;
  /** Settles when it is over and everything passes again. */
  strike(): Promise<void>;
}

export interface FaultLimits {
  /**
   * The longest that a connection stays mute; beyond the client's request timeout it counts as a dead
   * network.
   */
  muteMsMax: number;
}

/** A trap for a request that nobody sends is given up then. */
const patienceMs = 700;

const directions: readonly Direction[][] = [['toBroker'], ['toClient'], ['toBroker', 'toClient']];

const trapped = [
  'produce',
  'endTxn',
  'txnOffsetCommit',
  'fetch',
  'metadata',
  'consumerGroupHeartbeat',
] as const;

/** Draws one of every kind that the proxy knows. Every second one loses the answer to a Produce request. */
export function drawFault(
  random: SeededRandom,
  proxies: readonly FaultProxy[],
  limits: FaultLimits,
): DrawnFault {
  const at = random(proxies.length);
  const proxy = proxies[at];
  if (!proxy) throw new Error('there is no proxy');
  const named = (name: string, strike: () => Promise<void>): DrawnFault => ({
    name: `${name} at broker ${at + 1}`,
    strike: async () => {
      await strike();
      await proxy.pass();
    },
  });
  if (random(2) === 0) {
    const thenCut = random(3) > 0;
    const name = thenCut ? 'a lost answer to produce' : 'a swallowed answer to produce';
    return named(name, () => struck(proxy.dropNextResponse({ apiKey: apiKeys.produce, thenCut })));
  }
  const kind = random(4);
  if (kind === 0) return trapFault(random, proxy, named);
  if (kind === 1) return byteFault(random, proxy, named);
  return kind === 2 ? connectionFault(random, proxy, named) : standingFault(random, proxy, limits, named);
}

type Named = (name: string, strike: () => Promise<void>) => DrawnFault;

function trapFault(random: SeededRandom, proxy: FaultProxy, named: Named): DrawnFault {
  const request = pickOne(random, trapped);
  const apiKey = apiKeys[request];
  switch (random(4)) {
    case 0:
      return named(`a lost answer to ${request}`, () => struck(proxy.dropNextResponse({ apiKey })));
    case 1:
      return named(`a swallowed answer to ${request}`, () =>
        struck(proxy.dropNextResponse({ apiKey, thenCut: false })),
      );
    case 2:
      return named(`a cut before ${request}`, () => struck(proxy.cutBeforeRequest({ apiKey })));
    default:
      return named(`a swallowed ${request}`, () => struck(proxy.swallowNextRequest({ apiKey })));
  }
}

function byteFault(random: SeededRandom, proxy: FaultProxy, named: Named): DrawnFault {
  const direction = pickOne(random, ['toBroker', 'toClient'] as const);
  const bytes = random(direction === 'toBroker' ? 20_000 : 2_000);
  return named(`a cut after ${bytes} bytes ${direction}`, async () => {
    proxy.cutAfter(direction, bytes);
    await sleep(100 + random(200));
  });
}

function connectionFault(random: SeededRandom, proxy: FaultProxy, named: Named): DrawnFault {
  switch (random(5)) {
    case 0:
      return named('a cut of all connections', async () => proxy.cut());
    case 1:
      return named('a reset of all connections', async () => proxy.reset());
    case 2:
      return named('a FIN to the clients', async () => proxy.halfClose('client'));
    case 3:
      return named('a FIN to the broker', async () => proxy.halfClose('broker'));
    default:
      return named('refused connections', async () => {
        await proxy.refuse();
        proxy.cut();
        await sleep(random(1_000));
      });
  }
}

function standingFault(
  random: SeededRandom,
  proxy: FaultProxy,
  limits: FaultLimits,
  named: Named,
): DrawnFault {
  const forMs = random(limits.muteMsMax);
  if (random(2) === 0) {
    const delayMs = 1 + random(200);
    return named(`${delayMs} ms more each way`, async () => {
      proxy.delay(delayMs);
      await sleep(forMs / 2);
    });
  }
  const mute = pickOne(random, directions);
  return named(`nothing ${mute.join(' and ')} for ${forMs} ms`, async () => {
    proxy.stall(...mute);
    await sleep(forMs);
  });
}

async function struck(trap: TrapHandle): Promise<void> {
  const patience = new AbortController();
  await Promise.race([
    trap.struck,
    sleep(patienceMs, undefined, { signal: patience.signal }).catch(() => undefined),
  ]);
  patience.abort();
  trap.disarm();
}
