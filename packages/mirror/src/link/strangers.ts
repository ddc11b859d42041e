import { groupMembers, type DescribedMember, type Log } from '@penstock/kafka';
import { groupOf } from '../names.ts';
import type { LinkContext } from './link-context.ts';
import { RepeatedLook } from './repeated-look.ts';

/** A member of the link's group that is not a mirror. The shards that it holds are copied by nobody. */
export interface Stranger {
  readonly memberId: string;
  readonly clientId: string;
  readonly host: string;
  readonly shards: readonly number[];
}

/** Asks the group. Throws KafkaError. */
export async function strangersOf(
  { target, identity }: Pick<LinkContext, 'target' | 'identity'>,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Stranger[]> {
  const members = await groupMembers(target, groupOf(identity.link), options);
  return members.filter(({ memberId }) => !isMirror(memberId)).map((member) => strangerOf(member));
}

export function strangerInWords({ clientId, host, shards }: Stranger, group: string): string {
  const held = shards.length === 0 ? 'no shard yet' : `shard ${shards.join(', ')}`;
  return `${clientId} at ${host} has joined the group ${group}, is not a mirror, and holds ${held}`;
}

/** A sentence for each. */
export function strangersInWords(strangers: readonly Stranger[], link: string): string[] {
  return strangers.map((stranger) => strangerInWords(stranger, groupOf(link)));
}

/** Looks for strangers again and again until it is disposed of. Each is logged once. */
export function watchStrangers(link: LinkContext, log: Log, everyMs: number): RepeatedLook<Stranger> {
  return new RepeatedLook(
    async (before, signal) => {
      const known = new Set(before.map(({ memberId }) => memberId));
      const found = await strangersOf(link, { signal });
      for (const stranger of found) {
        if (known.has(stranger.memberId)) continue;
        log.error({ ...stranger }, 'a member of the group is not a mirror: its shards are not copied');
      }
      return found;
    },
    (error) => log.debug({ error }, 'the group does not say who its members are'),
    everyMs,
  );
}

/** Mirrors make their member ids from their names (UUID version 5). Other clients take random ones. */
export function isMirror(memberId: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(memberId);
}

function strangerOf({ memberId, clientId, clientHost, assignment }: DescribedMember): Stranger {
  return { memberId, clientId, host: clientHost, shards: assignment.flatMap(({ partitions }) => partitions) };
}
