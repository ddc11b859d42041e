import { groupMembers, type DescribedMember, type Log } from '@penstock/kafka';
import { groupOf } from '../names.ts';
import type { LinkContext } from './link-context.ts';

/** A member of the link's group that is not a mirror. The shards that it holds are copied by nobody. */
export interface Stranger {
  readonly memberId: string;
  readonly clientId: string;
  readonly host: string;
  readonly shards: readonly number[];
}

/** Asks the group. Throws KafkaError. */
export async function strangersOf(
  { target, identity }: LinkContext,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Stranger[]> {
  const members = await groupMembers(target, groupOf(identity.link), options);
  return members.filter(({ memberId }) => !isMirror(memberId)).map((member) => strangerOf(member));
}

export function strangerInWords({ clientId, host, shards }: Stranger, group: string): string {
  const held = shards.length === 0 ? 'no shard yet' : `shard ${shards.join(', ')}`;
  return `${clientId} at ${host} has joined the group ${group}, is not a mirror, and holds ${held}`;
}

/** Mirrors make their member ids from their names (UUID version 5). Other clients take random ones. */
export function isMirror(memberId: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(memberId);
}

function strangerOf({ memberId, clientId, clientHost, assignment }: DescribedMember): Stranger {
  return { memberId, clientId, host: clientHost, shards: assignment.flatMap(({ partitions }) => partitions) };
}

/** Looks for strangers again and again until it is disposed of. Each is logged once. */
export class StrangerWatch implements Disposable {
  readonly #link: LinkContext;
  readonly #log: Log;
  readonly #everyMs: number;
  readonly #closing = new AbortController();
  #found: readonly Stranger[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(link: LinkContext, log: Log, everyMs: number) {
    this.#link = link;
    this.#log = log;
    this.#everyMs = everyMs;
    void this.#look();
  }

  get found(): readonly Stranger[] {
    return this.#found;
  }

  /** A sentence for each. */
  inWords(): string[] {
    const group = groupOf(this.#link.identity.link);
    return this.#found.map((stranger) => strangerInWords(stranger, group));
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const { signal } = this.#closing;
    try {
      const known = new Set(this.#found.map(({ memberId }) => memberId));
      this.#found = await strangersOf(this.#link, { signal });
      for (const stranger of this.#found) {
        if (known.has(stranger.memberId)) continue;
        this.#log.error({ ...stranger }, 'a member of the group is not a mirror: its shards are not copied');
      }
    } catch (error) {
      if (!signal.aborted) this.#log.debug({ error }, 'the group does not say who its members are');
    }
    if (!signal.aborted) this.#timer = setTimeout(() => void this.#look(), this.#everyMs).unref();
  }
}
