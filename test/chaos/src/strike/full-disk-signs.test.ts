import { expect, test } from 'vitest';
import { signsOfFullDisk } from './full-disk-signs.ts';

test('a full disk is told from a broker that was only killed', () => {
  const killed = '[2026-11-29 08:00:00,000] INFO [BrokerServer id=3] Transition from STARTING to STARTED';
  expect(signsOfFullDisk(killed)).toBe(0);
  const full = [
    killed,
    '[2026-11-29 08:00:01,000] ERROR Error while appending records to events.raw-2 in dir /tmp/x',
    'java.io.IOException: No space left on device',
    'java.lang.InternalError: a fault occurred in a recent unsafe memory access operation in compiled code',
  ];
  expect(signsOfFullDisk(full.join('\n'))).toBe(2);
});
