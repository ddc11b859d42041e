import { expect, test } from 'vitest';
import { encodeEvent } from '../avro/encode-event.ts';
import { builtInCatalogue } from '../built-in-catalogue.ts';
import type { BuiltInFormat } from '../model/request.ts';
import { createPipeline, type Outcome } from '../pipeline/pipeline.ts';
import { requestContext } from '../pipeline/request-context.fixture.ts';
import { corpusOf, type CorpusRequest } from './corpus.ts';

const pipeline = createPipeline(builtInCatalogue);

// Consumers have these bytes. Where one changes, say so in the CHANGELOG, then update with `vitest -u`.
test.each([1, 2, 3, 4] as const)('the corpus of format %i becomes the same bytes as ever', async (format) => {
  const text = corpusOf(format)
    .map((request) => `${request.title}\n${outcomesOf(request, format).join('\n')}\n`)
    .join('\n');
  await expect(text).toMatchFileSnapshot(`../../corpus/format-${format}.txt`);
});

test('the corpus shows every fix', () => {
  const all = ([1, 2, 3, 4] as const).flatMap((format) =>
    corpusOf(format).flatMap((request) => outcomesOf(request, format)),
  );
  const text = all.join('\n');
  expect(pipeline.fixIds.filter((id) => !text.includes(id))).toEqual([]);
});

function outcomesOf({ body, contentType, receivedAtMs }: CorpusRequest, format: BuiltInFormat): string[] {
  const split = pipeline.split(body, `${format}`, contentType);
  if (split.kind === 'rejected') return [`  whole ${split.reason}: ${split.detail}`];
  return split.items.map((item) => said(pipeline.process(item, { ...requestContext, receivedAtMs })));
}

function said(outcome: Outcome): string {
  if (outcome.kind !== 'clean') {
    return `  ${outcome.kind} ${outcome.reason}: ${outcome.detail} ${outcome.fixes.join(' ')}`.trimEnd();
  }
  const { event } = outcome;
  const record = encodeEvent(event)
    .toString('base64')
    .replace(/.{100}/g, '$&\n    ');
  return `  clean ${event.time_quality} ${event.fixes.join(' ')}`.trimEnd() + `\n    ${record}`;
}
