import { expect, it } from 'vitest';
import { parseProcessStat, parseProcessStatus, readProcessStat } from './process-status.ts';

const text = `Name:	node
Uid:	1	2	3	4
Gid:	5	5	5	5
Groups:	4 24 
SigBlk:	0000000000000200
SigIgn:	0000000001001000
CapInh:	0000000000000400
CapPrm:	000001ffffffffff
CapEff:	0000000000000000
CapBnd:	000001ffffffffff
CapAmb:	0000000000000000
NoNewPrivs:	1
`;

it('reads what the kernel says', () => {
  expect(parseProcessStatus(text)).toEqual({
    uids: [1, 2, 3, 4],
    gids: [5, 5, 5, 5],
    groups: [4, 24],
    capabilities: {
      inheritable: 0x400n,
      permitted: 0x1ffffffffffn,
      effective: 0n,
      bounding: 0x1ffffffffffn,
      ambient: 0n,
    },
    noNewPrivs: true,
    blockedSignals: 0x200n,
    ignoredSignals: 0x1001000n,
  });
  expect(parseProcessStatus(text.replace('4 24 ', ' ')).groups).toEqual([]);
});

it('does not take a missing line for a good one', () => {
  expect(() => parseProcessStatus(text.replace('CapAmb', 'CapXyz'))).toThrow('CapAmb');
});

it('counts the fields behind a name with brackets and spaces', () => {
  const stat = (terminal: number) =>
    `7 (a) b (c) R 1 7 7 ${terminal} -1 4194304 1 2 3 4 5 6 7 8 20 0 3 0 987654 1 2\n`;
  expect(parseProcessStat(stat(0))).toEqual({
    name: 'a) b (c',
    state: 'R',
    terminal: false,
    threads: 3,
    kernel: false,
    startTicks: '987654',
  });
  expect(parseProcessStat(stat(34816)).terminal).toBe(true);
});

it('knows itself, and no process that is not there', () => {
  expect(readProcessStat(process.pid)).toMatchObject({ startTicks: readProcessStat('self')?.startTicks });
  expect(readProcessStat(2 ** 30)).toBeUndefined();
});
