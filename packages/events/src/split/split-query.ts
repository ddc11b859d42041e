import { isUtf8 } from 'node:buffer';
import { parseQuery } from '../formats/format-1/parse-query.ts';
import { refuse } from '../model/reasons.ts';
import type { SplitStep } from '../model/request.ts';
import { itemOf, type Splitter } from './item-reader.ts';
import { sniffFormat } from './sniff-format.ts';
import { refused } from './steps.ts';

/**
 * A query string or a form: one event. It may hold raw characters beyond ASCII, as old browsers send them.
 */
export function* splitQuery(body: Buffer, start: number, splitter: Splitter): Generator<SplitStep, void> {
  yield readQuery(body, start, splitter);
}

function readQuery(body: Buffer, start: number, { limits, hinted, formats }: Splitter): SplitStep {
  const bytes = body.length - start;
  if (bytes > limits.eventBytesMax) {
    return refused(refuse('event-too-large', `${bytes} bytes, allowed are ${limits.eventBytesMax}`));
  }
  if (!isUtf8(body)) return refused(refuse('invalid-utf8', 'the query is not UTF-8'));
  const parsed = parseQuery(body.toString('utf8', start, body.length), limits);
  if (parsed.kind === 'rejected') return refused(parsed);
  const format = hinted ?? sniffFormat(parsed.event, formats);
  if ('reason' in format) return refused(format);
  const oddText = body.includes('%') || body.includes(0);
  return itemOf(parsed.event, oddText, 0, { kind: 'whole' }, format.number);
}
