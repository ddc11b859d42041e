import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { problemBody, problems, type ProblemCode } from './problems.ts';

// What clients are told to do, by the table of docs/clients.md.
const page = readFileSync(join(import.meta.dirname, '../../../../docs/clients.md'), 'utf8');

const told = [...page.matchAll(/^\| (\d{3} `.*?) +\| (.*?) +\|$/gm)].flatMap(
  ([, answers = '', advice = '']) =>
    answers.split(', ').flatMap((answer) => {
      const [status] = answer.split(' ');
      const codes = [...answer.matchAll(/`([a-z-]+)`/g)].map(([, code]) => code as ProblemCode);
      return codes.map((code) => ({
        code,
        status: Number(status),
        retryable: advice.startsWith('send again'),
      }));
    }),
);

test('every answer says in retryable what the page for clients says to do', () => {
  const said = Object.keys(problems).map((code) => {
    const { status, retryable } = JSON.parse(problemBody(code as ProblemCode, '')) as {
      status: number;
      retryable: boolean;
    };
    return { code, status, retryable };
  });
  const byCode = (one: { code: string }, other: { code: string }) => (one.code < other.code ? -1 : 1);
  expect(told.toSorted(byCode)).toEqual(said.toSorted(byCode));
});
