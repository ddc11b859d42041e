import { expect, it } from 'vitest';
import { demandedCapabilities } from './file-capabilities.ts';

it.each([
  ['/x cap_net_raw,cap_net_admin=ep\n', ['net_raw', 'net_admin']],
  ['/x = cap_net_raw+ep\n', ['net_raw']],
  ['/x cap_net_raw=p\n', []], // without e the program starts without it
  ['/x cap_net_raw=eip cap_chown=p\n', ['net_raw']],
  ['', []],
  ['/xy cap_net_raw=ep\n', []],
])('getcap says %j: it demands %j', (answer, names) => {
  expect(demandedCapabilities(answer, '/x')).toEqual(names);
});

it('"=ep" demands all', () => {
  expect(demandedCapabilities('/x =ep\n', '/x')).toHaveLength(41);
});
