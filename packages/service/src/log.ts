import { pino, type DestinationStream, type Logger } from 'pino';

export type Log = Logger;

export interface LogOptions {
  service: string;
  level?: string;
  thread?: number;
  /** Standard output by default. Written synchronously: the last line before an exit must not be lost. */
  destination?: DestinationStream;
}

/**
 * JSON lines: `time` (ISO 8601), `level` (a word), `service`, `msg`, and fields. Messages are constant,
 * what varies is a field: `log.warn({ partition, lagMs }, 'partition is behind')`. Never log an address, a
 * key, a header or a body of a client.
 */
export function createLog(o: LogOptions): Log {
  return pino(
    {
      level: o.level ?? 'info',
      base: { service: o.service, pid: process.pid, ...(o.thread !== undefined && { thread: o.thread }) },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      errorKey: 'error',
      serializers: { error: pino.stdSerializers.errWithCause, err: pino.stdSerializers.errWithCause },
    },
    o.destination ?? pino.destination({ fd: 1, sync: true }),
  );
}
