import { topicNames, type Cluster, type Log } from '@penstock/kafka';
import { lookAtLedger } from '@penstock/ledger';
import type { MirrorConfig } from '../config.ts';
import type { LinkEnds } from './link-context.ts';
import { RepeatedLook } from './repeated-look.ts';
import { wantedTopics } from './wanted-topics.ts';

type Wanted = Pick<MirrorConfig, 'topics' | 'topicsDenied'>;

/**
 * Source topics that the configuration wants and nobody has registered: `mirror init` does. A mirror that
 * runs does not: ranges of target partitions are given by looking at all links, one at a time, and two
 * mirrors would give the same ones. Nothing is lost by waiting: a topic is copied from its log start.
 */
export async function unregisteredTopics(link: LinkEnds, wanted: Wanted): Promise<string[]> {
  const { genesis } = await lookAtLedger(link.target, link.identity.ledgerTopic, 0, { patienceMs: 0 });
  const registered = new Set(genesis.topics.map(({ name }) => name));
  const found = wantedTopics(wanted.topics, wanted.topicsDenied, await namesIfNeeded(link.source, wanted));
  return found.map(({ name }) => name).filter((name) => !registered.has(name));
}

/** All names of the source, or none where no pattern needs them. */
async function namesIfNeeded(source: Cluster, { topics }: Wanted): Promise<string[]> {
  return topics.some((entry) => entry.startsWith('/')) ? topicNames(source) : [];
}

/** Looks for unregistered topics again and again until it is disposed of. Each is logged once. */
export function watchUnregisteredTopics(
  link: LinkEnds,
  wanted: Wanted,
  log: Log,
  everyMs: number,
): RepeatedLook<string> {
  return new RepeatedLook(
    async (before) => {
      const found = await unregisteredTopics(link, wanted);
      for (const topic of found) {
        if (before.includes(topic)) continue;
        log.warn({ topic }, 'a topic is wanted and not registered, so not copied: run mirror init');
      }
      return found;
    },
    (error) => log.debug({ error }, 'unregistered topics cannot be looked for'),
    everyMs,
  );
}
