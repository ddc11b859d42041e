import { expect, test } from 'vitest';
import { TransactionError } from './errors.ts';

test('a log line of an error does not name all records that a broker refused', () => {
  const records = Array.from({ length: 10_000 }, (_, index) => ({ index, message: 'without a key' }));
  const why = { code: 'INVALID_RECORD', message: 'refused' } as const;
  const poison = { topic: 'clean', partition: 0, index: 0, records, ...why };
  const error = new TransactionError('aborted', why.code, why.message, { poisons: [poison] });
  expect(error.poison).toBe(poison);
  expect(JSON.stringify(error)).not.toContain('without a key');
});
