import { expect, test } from 'vitest';
import { TestCount } from './count.ts';

const passed = { kind: 'test', name: 'a', state: 'passed' } as const;

test('the last line is the count, below the names of what was skipped and what failed', () => {
  const count = new TestCount();
  count.take(passed);
  count.take({ kind: 'test', name: 'unit b.test.ts > needs root', state: 'skipped' });
  count.take({ kind: 'test', name: 'unit c.test.ts > adds', state: 'failed', why: 'expected 3 to be 4' });
  count.take({ kind: 'complete' });
  count.close(1);
  expect(count.report({ listSkipped: true }).split('\n')).toEqual([
    '',
    'skipped: unit b.test.ts > needs root',
    'failed: unit c.test.ts > adds',
    '  expected 3 to be 4',
    '1 passed, 1 failed, 1 skipped',
  ]);
});

test('a set-up failure counts as failed', () => {
  const count = new TestCount();
  count.take(passed);
  count.take({ kind: 'problem', name: 'kafka: the broker did not start' });
  count.close(1);
  expect(count.report({ listSkipped: true })).toMatch(
    /failed: kafka: the broker did not start\n1 passed, 1 failed, 0 skipped$/,
  );
});

test('a run that dies after its last good test has failed', () => {
  const count = new TestCount();
  count.take(passed);
  count.close('SIGKILL');
  expect(count.report({ listSkipped: true })).toMatch(
    /ended early \(SIGKILL\)\n1 passed, 1 failed, 0 skipped$/,
  );
});

test('nothing run is a failure, and so is everything skipped', () => {
  const nothing = new TestCount();
  nothing.close(0);
  expect(nothing.report({ listSkipped: true })).toMatch(/nothing was run\n0 passed, 1 failed, 0 skipped$/);

  const skipped = new TestCount();
  skipped.take({ kind: 'test', name: 'a', state: 'skipped' });
  skipped.close(0);
  expect(skipped.failed).toBe(1);
});

test('a run that is cut short after a failure says so: what did not run must not be taken for passed', () => {
  const count = new TestCount();
  count.take({ kind: 'test', name: 'a', state: 'failed', why: 'expected 3 to be 4' });
  count.close('SIGTERM');
  expect(count.report({ listSkipped: true })).toMatch(/ended early \(SIGTERM\)\n0 passed, 2 failed/);

  const whole = new TestCount();
  whole.take({ kind: 'test', name: 'a', state: 'failed', why: 'expected 3 to be 4' });
  whole.take({ kind: 'complete' });
  whole.close(1);
  expect(whole.report({ listSkipped: true })).toMatch(
    /failed: a\n  expected 3 to be 4\n0 passed, 1 failed, 0 skipped$/,
  );
});
