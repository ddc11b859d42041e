import { filterRequest, wholeRejected, type FilteredEvent, type FilterTools } from './filter-request.ts';
import { inflate } from './inflate.ts';
import { headerTexts, readRawRequest, type RawRecord } from './raw-request.ts';

/**
 * All outcomes of one raw record at once, for tools that nobody else waits for: the service filters in pieces
 * (`filterRecord`).
 */
export async function outcomesOf(
  record: RawRecord,
  topic: string,
  partition: number,
  tools: FilterTools,
): Promise<FilteredEvent[]> {
  const request = readRawRequest(record, headerTexts(record), topic, partition);
  if (request.kind === 'rejected') return [wholeRejected(request)];
  const small = inflate(request.body, request.contentEncoding, tools.bodyBytesMax);
  const inflated = small.kind === 'large' ? await small.inflate() : small;
  if (inflated.kind === 'rejected') return [wholeRejected(inflated)];
  return [...filterRequest(request, inflated.bytes, [], tools)].filter((event) => event !== undefined);
}
