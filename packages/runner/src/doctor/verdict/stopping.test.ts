import { expect, test } from 'vitest';
import { splitWords } from '../shell/words.ts';
import { plainSupervisor, type Supervisor } from './situation.ts';
import { playStop } from './stopping.ts';
import { unwrap } from '../command/unwrap.ts';

const patient: Supervisor = { ...plainSupervisor('other', 'the supervisor'), killsAfterMs: 300_000 };
const container: Partial<Supervisor> = { killsRest: true, asInit: true };

function play(line: string, supervisor: Partial<Supervisor>): unknown[] {
  const { fate, killer, killedAfterMs } = playStop(
    { ...patient, ...supervisor },
    unwrap(splitWords(line), 'dash'),
    60_000,
  );
  return [fate, killer, killedAfterMs];
}

test.each<[string, Partial<Supervisor>, unknown[]]>([
  ['svc', {}, ['clean', 'the supervisor', 300_000]],
  ['svc', { killsAfterMs: undefined }, ['clean', undefined, undefined]],
  ['svc', { killsAfterMs: 10_000 }, ['killed early', 'the supervisor', 10_000]],
  ['su u -c "exec svc"', {}, ['killed early', 'su', 2_000]],
  ['su u -c "exec svc"', { killsAfterMs: undefined }, ['killed early', 'su', 2_000]],
  ['su u -c "exec svc"', { killsAfterMs: 1_000 }, ['killed early', 'the supervisor', 1_000]],
  ['su u -c svc', {}, ['orphaned', undefined, undefined]],
  ['su u -c "exec svc"', { tells: 'everyone', killsRest: true }, ['killed early', 'su', 2_000]],
  ['su u -c "exec svc"', { tells: 'group', forksFollowed: 1 }, ['clean', 'the supervisor', 300_000]],
  ['su u -c svc', { tells: 'group' }, ['orphaned', undefined, undefined]],
  // With one fork followed the shell is held, and the service is in its group.
  ['su u -c svc', { tells: 'group', forksFollowed: 1 }, ['clean', 'the supervisor', 300_000]],
  ['sudo -u u svc', {}, ['clean', 'the supervisor', 300_000]],
  ['sh -c "svc; true"', {}, ['orphaned', undefined, undefined]],
  ['sh -c "svc; true"', { tells: 'everyone', killsRest: true }, ['clean', 'the supervisor', 300_000]],
  ['sh -c "svc; true"', { killsRest: true }, ['never told', 'the supervisor', 0]],
  ['sh -c "svc; true"', container, ['never told', 'the supervisor', 300_000]],
  ['sh -c "svc; true"', { ...container, asInit: false }, ['never told', 'the supervisor', 0]],
  ['tini -- svc', container, ['clean', 'the supervisor', 300_000]],
  ['setsid svc', {}, ['orphaned', undefined, undefined]],
  ['setsid svc', { killsRest: true }, ['killed early', 'the supervisor', 0]],
  ['svc', { tells: 'nobody', killsAfterMs: undefined }, ['never told', undefined, undefined]],
])('%s under %o: %o', (line, supervisor, expected) => {
  expect(play(line, supervisor)).toEqual(expected);
});
