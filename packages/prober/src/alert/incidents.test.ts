import { expect, test } from 'vitest';
import { Incidents, type Incident } from './incidents.ts';

const at = new Date(1_000);

test('an incident goes on over a restart: told once, ended once, after quiet time that was watched', () => {
  const told: string[] = [];
  const tell = ({ kind, ended, count }: Incident): void =>
    void told.push(`${kind} ${count} ${ended !== null}`);
  const before = new Incidents(300_000, tell);
  before.happened('lost', 'fra', 'master', 'x', 0, at);
  const state: unknown = JSON.parse(JSON.stringify(before.state(100_000)));
  // The next process has a clock of its own, and nobody watched in between.
  const after = new Incidents(300_000, tell);
  after.restore(state as ReturnType<Incidents['state']>, 5_000);
  expect(after.lasting).toEqual([{ ...before.lasting[0], since: at }]);
  after.settle(204_999, at);
  after.happened('lost', 'fra', 'master', 'y', 204_999, at);
  after.settle(504_998, at);
  expect(told).toEqual(['lost 1 false']);
  after.settle(504_999, at);
  after.settle(900_000, at);
  expect(told).toEqual(['lost 1 false', 'lost 2 true']);
});

test('without more of it an incident ends after a restart when its quiet time is over', () => {
  const told: Incident[] = [];
  const before = new Incidents(300_000, () => undefined);
  before.happened('blind', 'all', 'master', 'behind', 0, at);
  const after = new Incidents(300_000, (incident) => told.push(incident));
  after.restore(before.state(100_000), 0);
  after.settle(199_999, at);
  expect(told).toEqual([]);
  after.settle(200_000, at);
  expect(told).toMatchObject([{ kind: 'blind', since: at, ended: at }]);
});
