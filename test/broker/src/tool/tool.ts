/** Kafka's command line tools that a test may run. */
export type ToolName =
  | 'kafka-console-consumer'
  | 'kafka-console-producer'
  | 'kafka-consumer-groups'
  | 'kafka-get-offsets'
  | 'kafka-topics'
  | 'kafka-configs'
  | 'kafka-transactions'
  | 'kafka-dump-log'
  | 'kafka-features'
  | 'kafka-leader-election'
  | 'kafka-delete-records';

export interface ToolOptions {
  /** After which the tool is killed and the promise rejects. Default 60 s. */
  timeoutMs?: number;
  input?: string | Uint8Array;
  /** Other addresses of the same cluster: those of a secured listener. JVM only. */
  bootstrap?: readonly string[];
  /**
   * Once there is output: the tool is ended, as if it had done so itself, when none came for so long. JVM
   * only.
   */
  quietMs?: number;
}

export interface ToolOutput {
  stdout: Buffer;
  stderr: string;
  exitCode: number;
}
