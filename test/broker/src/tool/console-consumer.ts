import type { ToolOptions, ToolOutput } from './tool.ts';

export interface ConsoleConsumeOptions {
  /** Default read_committed. */
  isolation?: 'read_committed' | 'read_uncommitted';
  /** Default true. With `partition`, false means from the end. */
  fromBeginning?: boolean;
  partition?: number;
  /** From this offset on; needs `partition`. */
  offset?: number | bigint;
  /** Ends at once when so many have come. */
  maxMessages?: number;
  /**
   * Ends when nothing has come for so long since the last record; at least, and by default, 4000. It waits
   * 30 s at least for the first one: on a busy machine, joining the group takes longer than any pause
   * between records.
   */
  timeoutMs?: number;
  /** Other addresses of the same cluster: those of a secured listener. */
  bootstrap?: readonly string[];
  /** Further settings of the Java consumer. */
  properties?: Record<string, string>;
}

export interface ConsumedRecord {
  partition: number;
  offset: bigint;
  timestampMs: number;
  /** 'none' where the topic has no timestamps. */
  timestampType: 'CreateTime' | 'LogAppendTime' | 'none';
  headers: [name: string, value: Buffer | null][];
  key: Buffer | null;
  value: Buffer | null;
}

// BytesDeserializer's output is printable ASCII with \xNN for everything else, the backslash included
// (Bytes.toString), so control characters can never occur in keys and values. Names of headers are printed
// as they are.
const fieldSeparator = '\t';
const headerSeparator = '\u0001';
// The literal goes through the deserializer as well: only a value of exactly these bytes could be taken for
// a null.
const nullLiteral = '\u0002null\u0002';
const printedNull = String.raw`\x02null\x02`;
const bytes = 'org.apache.kafka.common.serialization.BytesDeserializer';

const printing: Record<string, string> = {
  'print.timestamp': 'true',
  'print.partition': 'true',
  'print.offset': 'true',
  'print.headers': 'true',
  'print.key': 'true',
  'print.value': 'true',
  'key.separator': fieldSeparator,
  'headers.separator': headerSeparator,
  'null.literal': nullLiteral,
  'key.deserializer': bytes,
  'value.deserializer': bytes,
  'headers.deserializer': bytes,
};

function patienceMs(o: ConsoleConsumeOptions): number {
  return Math.max(o.timeoutMs ?? 0, 4_000);
}

/** The arguments of kafka-console-consumer, without the cluster's address. */
export function consoleArguments(topic: string, o: ConsoleConsumeOptions): string[] {
  const args = ['--topic', topic, '--isolation-level', o.isolation ?? 'read_committed'];
  args.push('--timeout-ms', String(Math.max(patienceMs(o), 30_000)));
  if (o.maxMessages !== undefined) args.push('--max-messages', String(o.maxMessages));
  if (o.partition !== undefined) {
    const from = o.offset ?? (o.fromBeginning === false ? 'latest' : 'earliest');
    args.push('--partition', String(o.partition), '--offset', String(from));
  } else if (o.fromBeginning !== false) {
    args.push('--from-beginning');
  }
  for (const [name, value] of Object.entries(printing)) args.push('--formatter-property', `${name}=${value}`);
  for (const [name, value] of Object.entries(o.properties ?? {}))
    args.push('--command-property', `${name}=${value}`);
  return args;
}

/** Rejects when the consumer failed for another reason than the end of its patience. */
export async function consoleConsume(
  run: (args: string[], o: ToolOptions) => Promise<ToolOutput>,
  topic: string,
  o: ConsoleConsumeOptions,
): Promise<ConsumedRecord[]> {
  const output = await run(consoleArguments(topic, o), {
    timeoutMs: 300_000,
    quietMs: patienceMs(o),
    ...(o.bootstrap && { bootstrap: o.bootstrap }),
  });
  // The end of its patience is an exception in its log, and exit code 0.
  const problem = output.stderr
    .split('\n')
    .find(
      (line) =>
        /^(ERROR|FATAL|Exception)/.test(line) && !/TimeoutException|terminating consumer process/.test(line),
    );
  if (output.exitCode !== 0 || problem) {
    throw new Error(`the console consumer failed, exit code ${output.exitCode}\n${output.stderr}`);
  }
  return parseConsoleOutput(output.stdout);
}

export function parseConsoleOutput(output: Buffer): ConsumedRecord[] {
  const records: ConsumedRecord[] = [];
  for (let start = 0; start < output.length;) {
    const newline = output.indexOf(0x0a, start);
    const end = newline < 0 ? output.length : newline;
    if (end > start) records.push(parseConsoleLine(output.toString('utf8', start, end)));
    start = end + 1;
  }
  return records;
}

function parseConsoleLine(line: string): ConsumedRecord {
  const fields = line.split(fieldSeparator);
  const [time = '', partition = '', offset = '', ...rest] = fields;
  const value = rest.pop();
  const key = rest.pop();
  if (key === undefined || value === undefined || !offset.startsWith('Offset:')) {
    throw new Error(`not a line of the console consumer: ${line.slice(0, 200)}`);
  }
  // A tab in a header's name has split it.
  const headers = rest.join(fieldSeparator);
  const [type, timestamp] = time.split(':');
  return {
    partition: Number(partition.slice('Partition:'.length)),
    offset: BigInt(offset.slice('Offset:'.length)),
    timestampMs: timestamp === undefined ? -1 : Number(timestamp),
    timestampType: type === 'CreateTime' || type === 'LogAppendTime' ? type : 'none',
    headers: headers === 'NO_HEADERS' ? [] : headers.split(headerSeparator).map(parseHeader),
    key: unescapeBytes(key),
    value: unescapeBytes(value),
  };
}

function parseHeader(text: string): [string, Buffer | null] {
  const colon = text.indexOf(':');
  return [text.slice(0, colon), unescapeBytes(text.slice(colon + 1))];
}

/** The inverse of org.apache.kafka.common.utils.Bytes.toString. */
export function unescapeBytes(text: string): Buffer | null {
  if (text === printedNull) return null;
  const result = Buffer.allocUnsafe(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) {
      result[length] = Number.parseInt(text.slice(at + 2, at + 4), 16);
      at += 3;
    } else {
      result[length] = code;
    }
    length += 1;
  }
  return result.subarray(0, length);
}
