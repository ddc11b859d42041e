import { expect, test } from 'vitest';
import { firstAnswer } from './first-answer.ts';

const never = new Promise<string>(() => undefined);

test('a silent candidate costs only the patience, and is reported; the next one answers', async () => {
  const { asked, silent, ask } = begin({ hung: () => never, sound: async () => 'answer' });
  expect(await ask(['hung', 'sound', 'spare'], 20)).toBe('answer');
  expect(asked).toEqual(['hung', 'sound']);
  expect(silent).toEqual(['hung']);
});

test('a candidate that fails costs no time', async () => {
  const { asked, silent, ask } = begin({ broken: failing('away'), sound: async () => 'answer' });
  expect(await ask(['broken', 'sound'], 60_000)).toBe('answer');
  expect(asked).toEqual(['broken', 'sound']);
  expect(silent).toEqual([]);
});

test('an answer counts although others were asked meanwhile', async () => {
  const slow = () => new Promise<string>((resolve) => setTimeout(() => resolve('late'), 60));
  const { ask } = begin({ slow, hung: () => never });
  expect(await ask(['slow', 'hung'], 10)).toBe('late');
});

test('without candidates it fails instead of waiting for ever', async () => {
  const { ask } = begin({});
  await expect(ask([], 60_000)).rejects.toThrow('no candidate to ask');
});

test('when all fail, the last failure is thrown; a final failure is thrown at once', async () => {
  const { asked, ask } = begin({ one: failing('away'), two: failing('also away'), no: failing('refused') });
  await expect(ask(['one', 'two'], 60_000)).rejects.toThrow('also away');
  await expect(ask(['no', 'one'], 60_000)).rejects.toThrow('refused');
  expect(asked).toEqual(['one', 'two', 'no']);
});

function failing(message: string) {
  return () => Promise.reject(new Error(message));
}

function begin(answers: Record<string, () => Promise<string>>) {
  const asked: string[] = [];
  const silent: string[] = [];
  const ask = (candidates: string[], patienceMs: number) =>
    firstAnswer(
      candidates,
      patienceMs,
      (candidate) => {
        asked.push(candidate);
        return answers[candidate]!();
      },
      {
        isFinal: (error) => error instanceof Error && error.message === 'refused',
        onSilent: (candidate) => void silent.push(candidate),
      },
    );
  return { asked, silent, ask };
}
