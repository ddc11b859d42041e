import type { ServiceProcess } from '@penstock/test-process';

/** Where a contender is to store what it is sent. */
export interface Place {
  readonly bootstrap: readonly string[];
  readonly topic: string;
  /** How many there will be. */
  readonly connections: number;
}

/** A program that takes requests over HTTP, and answers 200 once Kafka has each as a record. */
export interface ReceiverContender {
  readonly name: string;
  /**
   * What Redpanda Connect would take for each microsecond of this one, at so many events a request: 1 for
   * itself. Undefined: not known, or not a peer.
   */
  shareOfConnect(eventsPerRequest: number): number | undefined;
  /** Why it cannot take part. */
  readonly skipped?: string | undefined;
  start(place: Place): Promise<Started>;
}

export interface Started {
  readonly process: ServiceProcess;
  /** `http://address:port/path` that takes events. */
  readonly url: string;
}

/** More than wrk's and a program's own, beside connections. */
const otherFiles = 500;

/**
 * The command with enough open files for its connections: the soft limit is raised up to the hard one, and
 * that one too where we may. Otherwise bash says what it cannot do, and ends with 1.
 */
export function withFiles(connections: number, command: readonly string[]): string[] {
  const files = String(connections + otherFiles);
  const script = 'ulimit -Sn "$1" 2>/dev/null || ulimit -n "$1" || exit 1; shift; exec "$@"';
  return ['bash', '-c', script, 'bash', files, ...command];
}
