import { KafkaError, openCluster, type Cluster } from '@penstock/kafka';
import { kafkaConnection } from '@penstock/service';
import type { MirrorConfig } from '../config.ts';
import { endsOf } from '../link/link-context.ts';
import type { LinkStatus } from './link-status.ts';
import { readStatus, readStatusOfTarget } from './read-status.ts';

/** Reads the status of a link, once or again and again, and stays connected to the clusters that answer. */
export class StatusReader implements AsyncDisposable {
  readonly #config: MirrorConfig;
  #source: Cluster | undefined;
  #target: Cluster | undefined;

  constructor(config: MirrorConfig) {
    this.#config = config;
  }

  /**
   * Works without the source too: the status is asked for most when a datacenter is lost. Throws MirrorError,
   * LedgerError and KafkaError; the next call connects anew.
   */
  async read(): Promise<LinkStatus> {
    const { link, target } = this.#config;
    try {
      const source = await this.#reachSource();
      this.#target ??= await openCluster(kafkaConnection(target));
      if (source instanceof KafkaError) return await readStatusOfTarget(link, this.#target, source);
      return await readStatus(endsOf(link, source, this.#target), this.#config);
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source?.[Symbol.asyncDispose]();
    await this.#target?.[Symbol.asyncDispose]();
    this.#source = this.#target = undefined;
  }

  /** The source; or, when it is away and may come back, why. */
  async #reachSource(): Promise<Cluster | KafkaError> {
    try {
      if (this.#source === undefined) this.#source = await openCluster(kafkaConnection(this.#config.source));
      else await this.#source.refresh();
      return this.#source;
    } catch (error) {
      if (!(error instanceof KafkaError) || !error.retryable) throw error;
      // Its addresses may lead to another cluster when it is back: opening tells, asking again would not.
      await this.#source?.[Symbol.asyncDispose]();
      this.#source = undefined;
      return error;
    }
  }
}
