import { expect, it } from 'vitest';
import { hasControllingTerminal, parseProcessStatus } from './process-status.ts';

const text = `Name:	node
Uid:	1	2	3	4
Gid:	5	5	5	5
Groups:	4 24 
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
    capabilities: { inheritable: 0x400n, permitted: 0x1ffffffffffn, effective: 0n, ambient: 0n },
    noNewPrivs: true,
  });
  expect(parseProcessStatus(text.replace('4 24 ', ' ')).groups).toEqual([]);
});

it('does not take a missing line for a good one', () => {
  expect(() => parseProcessStatus(text.replace('CapAmb', 'CapXyz'))).toThrow('CapAmb');
});

it('finds the terminal behind a name with brackets and spaces', () => {
  expect(hasControllingTerminal('7 (a) b (c) R 1 7 7 0 -1 4194304')).toBe(false);
  expect(hasControllingTerminal('7 (a) b (c) R 1 7 7 34816 7 4194304')).toBe(true);
});
