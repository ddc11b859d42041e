import { seeded } from '@penstock/test-faults';
import type { ServiceKind } from '../plan/fault-kinds.ts';
import type { PlannedFault } from '../plan/plan.ts';
import type { Crew } from '../stage/crew.ts';
import type { Lasting } from './lasting.ts';

export async function strikeService(
  { name }: ServiceKind,
  instance: number | 'all',
  crew: Crew,
  { seconds, draw }: PlannedFault,
  lasting: Lasting,
): Promise<string> {
  switch (name.split('-')[0]) {
    case 'kill':
      return kill(crew, instance, seconds, draw, lasting);
    case 'pause':
      return pause(crew, instance, seconds, lasting);
    case 'restart':
      return restart(crew);
    case 'scale':
      return scale(crew, seconds, lasting);
    case 'clock':
      return stepClock(crew, instance, seconds, draw, lasting);
    default:
      throw new Error(`nobody knows how to ${name}`);
  }
}

/** Again and again while the fault lasts: a kill right after a takeover is worse than the first one. */
async function kill(
  crew: Crew,
  instance: number | 'all',
  seconds: number,
  draw: number,
  lasting: Lasting,
): Promise<string> {
  const random = seeded(draw);
  let times = 0;
  for (const untilAt = performance.now() + seconds * 1_000; ;) {
    await Promise.all(crew.chosen(instance).map((member) => member.kill()));
    times++;
    const pause = 1 + random(30) / 10;
    if (lasting.isOver || performance.now() + pause * 1_000 > untilAt) break;
    await lasting.seconds(pause);
  }
  await crew.untilReady();
  return times === 1 ? 'killed once' : `killed ${times} times`;
}

async function pause(
  crew: Crew,
  instance: number | 'all',
  seconds: number,
  lasting: Lasting,
): Promise<string> {
  const chosen = crew.chosen(instance);
  try {
    for (const member of chosen) member.pause();
    await lasting.seconds(seconds);
  } finally {
    for (const member of chosen) member.resume();
  }
  await crew.untilReady();
  return 'woke up again';
}

async function restart(crew: Crew): Promise<string> {
  const ends: string[] = [];
  for (const member of crew.members) {
    const exit = await member.stop();
    // It had its whole stop timeout. An exit code other than 0 is not an order of stopping.
    if (exit?.code !== 0) ends.push(`${member.name} ended with ${exit?.signal ?? exit?.code}`);
    await member.untilReady();
  }
  return ends.length === 0 ? 'each stopped with 0' : ends.join(', ');
}

async function scale(crew: Crew, seconds: number, lasting: Lasting): Promise<string> {
  await crew.add();
  try {
    await lasting.seconds(seconds);
  } finally {
    await crew.remove();
  }
  await crew.untilReady();
  return `${crew.members.length + 1} for a while`;
}

const stepSeconds = [-3_600, -700, -100, -5, 5, 90, 700, 3_600] as const;

async function stepClock(
  crew: Crew,
  instance: number | 'all',
  seconds: number,
  draw: number,
  lasting: Lasting,
): Promise<string> {
  const random = seeded(draw);
  const clock = crew.clock(instance === 'all' ? 1 : instance);
  const first = stepSeconds[random(stepSeconds.length)]!;
  const second = stepSeconds[random(stepSeconds.length)]!;
  try {
    await clock.set(first * 1_000);
    await lasting.seconds(seconds / 2);
    await clock.set(second * 1_000);
    await lasting.seconds(seconds / 2);
  } finally {
    await clock.setRight();
  }
  return `off by ${first} s, then by ${second} s`;
}
