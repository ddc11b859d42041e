import { expect, it } from 'vitest';
import { parseGroup, parsePasswd } from './accounts.ts';

it('reads accounts and skips lines that are none', () => {
  const text =
    'root:x:0:0:root:/root:/bin/bash\nkafka:x:104:105:Kafka:/var/lib/kafka:/bin/false\n' +
    'bare:x:7:8:::\nodd:x:0day:0::/:\n+::::::\n# note\n\n';
  expect(parsePasswd(text)).toEqual([
    { name: 'root', uid: 0, gid: 0, home: '/root', shell: '/bin/bash' },
    { name: 'kafka', uid: 104, gid: 105, home: '/var/lib/kafka', shell: '/bin/false' },
    { name: 'bare', uid: 7, gid: 8, home: '/', shell: '/bin/sh' },
  ]);
});

it('reads groups; the first of a name counts, as for the C library', () => {
  expect([...parseGroup('a:x:5:u,v\na:x:0:\nb:x:-1:\nc\n')]).toEqual([['a', 5]]);
});
