import type { ServiceProcess } from '@penstock/test-process';
import type { TestKafka } from '@penstock/test-broker';

/** From where to where. */
export interface Way {
  readonly source: TestKafka;
  readonly target: TestKafka;
  readonly topic: string;
  readonly codec: string;
  /** For what a mirror wants to have as a file. */
  readonly folder: string;
}

/** A mirror that takes part: it copies the topic to one of the same name, until it is killed. */
export interface MirrorContender {
  readonly name: string;
  /** Why it cannot take part. */
  readonly skipped?: string | undefined;
  /** What is not to be measured comes before the process. */
  start(way: Way): Promise<ServiceProcess>;
}
