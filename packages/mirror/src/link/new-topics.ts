import { topicNames, type Cluster, type Log } from '@penstock/kafka';
import { readLedger } from '@penstock/ledger';
import type { MirrorConfig } from '../config.ts';
import type { LinkContext } from './link-context.ts';
import { wantedTopics } from './wanted-topics.ts';

type Wanted = Pick<MirrorConfig, 'topics' | 'topicsDenied'>;

/**
 * Source topics that the configuration wants and nobody has registered: `mirror init` does. A mirror that
 * runs does not: ranges of target partitions are given by looking at all links, one at a time, and two
 * mirrors would give the same ones. Nothing is lost by waiting: a topic is copied from its log start.
 */
export async function unregisteredTopics(link: LinkContext, wanted: Wanted): Promise<string[]> {
  const { genesis } = await readLedger(link.target, link.identity.ledgerTopic, 0);
  const registered = new Set(genesis.topics.map(({ name }) => name));
  const found = wantedTopics(wanted.topics, wanted.topicsDenied, await namesIfNeeded(link.source, wanted));
  return found.map(({ name }) => name).filter((name) => !registered.has(name));
}

/** All names of the source, or none where no pattern needs them. */
async function namesIfNeeded(source: Cluster, { topics }: Wanted): Promise<string[]> {
  return topics.some((entry) => entry.startsWith('/')) ? topicNames(source) : [];
}

/** Looks for new topics again and again until it is disposed of. Each is logged once. */
export class NewTopicsWatch implements Disposable {
  readonly #link: LinkContext;
  readonly #wanted: Wanted;
  readonly #log: Log;
  readonly #everyMs: number;
  #closed = false;
  #found: readonly string[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(link: LinkContext, wanted: Wanted, log: Log, everyMs: number) {
    this.#link = link;
    this.#wanted = wanted;
    this.#log = log;
    this.#everyMs = everyMs;
    void this.#look();
  }

  get found(): readonly string[] {
    return this.#found;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    try {
      const known = new Set(this.#found);
      this.#found = await unregisteredTopics(this.#link, this.#wanted);
      for (const topic of this.#found) {
        if (known.has(topic)) continue;
        this.#log.warn({ topic }, 'a topic is wanted and not registered, so not copied: run mirror init');
      }
    } catch (error) {
      if (!this.#closed) this.#log.debug({ error }, 'new topics cannot be looked for');
    }
    if (!this.#closed) this.#timer = setTimeout(() => void this.#look(), this.#everyMs).unref();
  }
}
