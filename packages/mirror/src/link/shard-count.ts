import { MirrorError } from '../errors.ts';
import type { LinkContext } from './link-context.ts';

/** How many partitions the ledger has. Throws MirrorError NO_LEDGER. */
export async function shardCount({
  target,
  identity,
}: Pick<LinkContext, 'target' | 'identity'>): Promise<number> {
  await target.refresh(identity.ledgerTopic);
  const ledger = target.knownTopic(identity.ledgerTopic);
  if (ledger !== undefined) return ledger.partitions.length;
  throw new MirrorError(
    'NO_LEDGER',
    `The target has no topic ${identity.ledgerTopic}: run "mirror init --link ${identity.link}" once. ` +
      'If this link has run before, its ledger is lost, and a new beginning would copy everything again',
  );
}
