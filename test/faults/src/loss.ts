import { seeded } from './seeded.ts';

/**
 * What the loss of packets looks like above TCP: nothing is missing, but what is lost comes later, and holds
 * up everything behind it. That a real sender also slows down is not in it.
 */
export interface Loss {
  /** Of packets, 0 to 1. */
  share: number;
  /** Until a lost packet has been sent again and has come. */
  againMs: number;
  /**
   * The same seed loses the same packets, counted in each direction of each connection of a proxy, in the
   * order in which clients came.
   */
  seed: number;
  /** Told of each loss, e.g. 'connection 2 toBroker, packet 17'. */
  onLost?: (place: string) => void;
}

/** TCP's data in a packet of Ethernet's 1500 bytes. */
const packetBytes = 1448;
const draws = 2 ** 30;

/**
 * Which packets of one direction of one connection are lost. Each has numbers of its own: those of another
 * connection, which come whenever its client writes, do not move them.
 */
export class LostPackets {
  readonly loss: Loss;
  readonly #place: string;
  readonly #random: (limit: number) => number;
  #packets = 0;

  constructor(loss: Loss, connection: number, direction: string) {
    this.loss = loss;
    this.#place = `connection ${connection} ${direction}`;
    this.#random = seeded(seedOf(`${loss.seed} ${this.#place}`));
  }

  /** Whether one of the packets of a chunk is lost. */
  isLost(bytes: number): boolean {
    const { share, onLost } = this.loss;
    let lost = false;
    for (let left = bytes; left > 0; left -= packetBytes) {
      const packet = this.#packets++;
      if (this.#random(draws) >= share * draws) continue;
      lost = true;
      onLost?.(`${this.#place}, packet ${packet}`);
    }
    return lost;
  }
}

/** FNV-1a: neighbouring seeds and connections get numbers that have nothing to do with each other. */
function seedOf(text: string): number {
  let hash = 0x811c_9dc5;
  for (const character of text) hash = Math.imul(hash ^ character.charCodeAt(0), 0x0100_0193);
  return hash;
}
