import type { IncomingHttpHeaders } from 'node:http';
import type { ProblemCode } from '../api/problems.ts';
import type { Log } from '@penstock/service';
import type { ReceiverConfig } from '../config.ts';
import { openApiKeys, type ApiKeys, type KeyHolder } from './api-keys.ts';
import { Quota } from './quota.ts';

export interface Sender {
  /** Undefined where no keys are asked for. */
  holder: KeyHolder | undefined;
  /** The bytes of the client's network as text, for its quota. */
  network: string;
}

export type Admission = { kind: 'admitted'; sender: Sender } | { kind: 'refused'; code: ProblemCode };

export interface GateOptions {
  /** Undefined: everybody may send. */
  keys: ApiKeys | undefined;
  perKey: Quota;
  perAddress: Quota;
}

/** Who may send, and how much: API keys and quotas. */
export class Gate implements Disposable {
  readonly #o: GateOptions;

  constructor(o: GateOptions) {
    this.#o = o;
  }

  /** `keyInUrl`: for browsers' beacons and pixels, which can set no header. */
  admit(
    headers: IncomingHttpHeaders,
    keyInUrl: string | undefined,
    clientNetwork: Uint8Array | undefined,
  ): Admission {
    const { keys, perKey, perAddress } = this.#o;
    const now = performance.now();
    const network = Buffer.from(clientNetwork ?? '').toString('latin1');
    if (!perAddress.admits(network, now)) return refused('quota-exceeded');
    if (!keys) return { kind: 'admitted', sender: { holder: undefined, network } };
    const key = bearerOf(headers.authorization) ?? keyInUrl;
    if (key === undefined) return refused('key-missing');
    const holder = keys.holderOf(key);
    if (!holder) return refused('key-unknown');
    if (!perKey.admits(holder.id, now)) return refused('quota-exceeded');
    return { kind: 'admitted', sender: { holder, network } };
  }

  [Symbol.dispose](): void {
    this.#o.keys?.[Symbol.dispose]();
  }

  charge({ holder, network }: Sender, bytes: number): void {
    const now = performance.now();
    this.#o.perAddress.charge(network, bytes, now);
    if (holder) this.#o.perKey.charge(holder.id, bytes, now);
  }
}

function refused(code: ProblemCode): Admission {
  return { kind: 'refused', code };
}

function bearerOf(header: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1];
}

/** Opens the key file, if there is to be one. Throws RefusedError when it cannot be used. */
export async function openGate({ access }: ReceiverConfig, log: Log): Promise<Gate> {
  const { keysFile, sendersMax } = access;
  const keys = keysFile === undefined ? undefined : await openApiKeys(keysFile, log);
  const perKey = { requestsPerSecond: access.keyRequests, bytesPerSecond: access.keyBytes };
  const perAddress = { requestsPerSecond: access.addressRequests, bytesPerSecond: access.addressBytes };
  return new Gate({
    keys,
    perKey: new Quota(perKey, sendersMax),
    perAddress: new Quota(perAddress, sendersMax),
  });
}
