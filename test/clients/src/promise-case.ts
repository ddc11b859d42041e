import type { TestKafka } from '@penstock/test-broker';
import type { Judgement } from './judgement.ts';
import type { TestedClient } from './tested-client.ts';

/**
 * One promise, tried on every client. What the client does happens in a process of its own, which may hang.
 */
export interface PromiseCase {
  readonly name: string;
  /** As one would say it of a client. */
  readonly promise: string;
  /** What must be there before, once for each client. */
  prepare(kafka: TestKafka, bootstrap: readonly string[]): Promise<Prepared>;
  /** In the client's process. Returns what the judge has to know of it. */
  act(client: TestedClient, scene: Scene): Promise<Acted>;
  judge(kafka: TestKafka, prepared: Prepared, acted: Acted): Promise<Judgement>;
}

export interface Prepared {
  topic: string;
}

export interface Scene {
  bootstrap: readonly string[];
  topic: string;
  /**
   * The next answer to a Produce request is lost, and its connection with it. Resolves when that is set up.
   */
  loseNextAck(): Promise<void>;
}

/** Travels between processes as JSON. */
export interface Acted {
  /** By partition, in the order of sending. */
  sent: string[][];
  acknowledged: string[];
  /** What the client itself read. */
  read: string[];
  /** What it said to a call that a promise depends on. */
  refusals: string[];
}

export const nothingActed: Acted = { sent: [], acknowledged: [], read: [], refusals: [] };
