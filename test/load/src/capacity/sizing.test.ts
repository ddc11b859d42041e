import { expect, test } from 'vitest';
import { costsOf, describeSizing, processesFor } from './sizing.ts';

const reading = (service: string, cpuSeconds: number, memoryBytes = 1e8) => ({
  ...{ service, cpuSeconds, memoryBytes, lagSeconds: undefined, startedAt: 1 },
});

test('the CPU of all processes of a service counts, and the memory of the largest', () => {
  const before = [reading('receiver', 1), reading('receiver', 2), reading('mirror', 5)];
  const after = [reading('receiver', 2), reading('receiver', 4, 2e8), reading('mirror', 6)];
  const [receiver, mirror] = costsOf(before, after, 10_000);
  expect(receiver).toEqual({ service: 'receiver', processes: 2, cpuPerEvent: 3e-4, memoryBytes: 2e8 });
  expect(mirror).toMatchObject({ processes: 1, cpuPerEvent: 1e-4 });
  expect(processesFor(receiver!, 10_000)).toBe(5);
  expect(processesFor(mirror!, 1)).toBe(1);
  const sizing = describeSizing([receiver!], 10_000);
  expect(sizing).toContain('5 processes');
  expect(sizing).toContain('For comparison only: the production pipeline that Penstock is modelled on');
});
