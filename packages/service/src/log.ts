import { isExpected, ThreadError } from './errors.ts';
import { isSystemError } from './unusable-file.ts';
import { pino, type DestinationStream, type Logger, type SerializedError } from 'pino';

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
      serializers: { error: errorFields, err: errorFields },
    },
    o.destination ?? pino.destination({ fd: 1, sync: true }),
  );
}

/**
 * An error with all its causes. Only those that nobody expected have a stack: for what the world did, the
 * message says it, and a stack hides it. The system's own errors are expected where one of ours was made of
 * them. Alone, or as what has ended a thread, such as `write EPIPE`, they do not say where they came from.
 */
function errorFields(error: Error): SerializedError {
  const fields = pino.stdSerializers.errWithCause(error);
  let at: Partial<SerializedError> | undefined = fields;
  let isCause = false;
  for (let each: unknown = error; each instanceof Error && at; each = each.cause) {
    const isTold: boolean = isExpected(each) || (isCause && isSystemError(each));
    if (isTold) delete at.stack;
    isCause = isTold && !(each instanceof ThreadError);
    at = at['cause'] as Partial<SerializedError> | undefined;
  }
  return fields;
}
