import type { Admin } from 'kafkajs';
import type { ConsoleConsumeOptions, ConsumedRecord } from './tool/console-consumer.ts';
import type { ToolName, ToolOptions, ToolOutput } from './tool/tool.ts';
import type { SecuredListeners } from './jvm/secured-listeners.ts';

/** A real Kafka cluster for a test. Disposing of it kills its processes and removes its folders. */
export interface TestKafka extends AsyncDisposable {
  /** '127.0.0.1:port' of every broker, as clients are to use it. */
  readonly bootstrap: string[];
  /**
   * The listener between the brokers, which no proxy stands before: for a test that watches while clients
   * suffer. The same as `bootstrap` where the brokers are not child JVMs.
   */
  readonly inside: string[];
  /**
   * In order of their ids, which start at 1. Empty for a cluster that the test shares: it must not be
   * harmed.
   */
  readonly brokers: readonly TestBroker[];
  readonly containers: ToolContainers | undefined;
  /** Of a cluster that was started with `secured`: further listeners of the same brokers. */
  readonly secured: SecuredListeners | undefined;
  /**
   * Settles when every partition has a leader. Replication factor: the brokers' default (1, or 3 on three
   * brokers).
   */
  createTopic(name: string, o?: TopicOptions): Promise<void>;
  /** Anything else an administrator does; kafkajs carries no data here. */
  admin<R>(act: (admin: Admin) => Promise<R>): Promise<R>;
  /** What Kafka's own console consumer sees, lossless: the oracle. */
  consoleConsume(topic: string, o?: ConsoleConsumeOptions): Promise<ConsumedRecord[]>;
  /** Runs one of Kafka's command line tools against this cluster. */
  tool(name: ToolName, args: readonly string[], o?: ToolOptions): Promise<ToolOutput>;
  /** The end of every broker's log, for a failure message. */
  logs(lines?: number): string;
}

/** A containerised cluster's tools run inside the first of its containers that runs. */
export interface ToolContainers {
  ids: string[];
  /** The brokers as the containers know them. */
  bootstrap: string[];
}

export interface TopicOptions {
  /** Default 1. */
  partitions?: number;
  replicationFactor?: number;
  configs?: Record<string, string>;
}

export interface TestBroker {
  readonly id: number;
  /** Where it listens; a client of a proxied cluster is told the proxy's address instead. */
  readonly port: number;
  /** Undefined while it is down, and in a container. */
  readonly pid: number | undefined;
  /** Undefined where the log is not a file of this machine. */
  readonly logFile: string | undefined;
  /**
   * SIGTERM and controlled shutdown. Rejects when it takes longer than `timeoutMs` (90 s), and kills it
   * then.
   */
  stop(o?: { timeoutMs?: number }): Promise<void>;
  /** SIGKILL; settles when the process is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open, and once it settles nothing is answered. */
  pause(): void | Promise<void>;
  resume(): void | Promise<void>;
  /** On the same port and folder; settles when clients are served, at most 180 s by default. */
  start(o?: { timeoutMs?: number }): Promise<void>;
  restart(): Promise<void>;
  logTail(lines?: number): string;
}
