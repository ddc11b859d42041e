import { expect, test } from 'vitest';
import { readShellScript, splitWords } from './shell-script.ts';

test.each([
  ['svc', { kind: 'lone', words: ['svc'], exec: false }],
  ['exec svc "a b" \'c\' d\\ e', { kind: 'lone', words: ['svc', 'a b', 'c', 'd e'], exec: true }],
  ['cd /opt; exec svc', { kind: 'lone', words: ['svc'], exec: true }],
  ['mkdir -p /run/x && exec svc', { kind: 'lone', words: ['svc'], exec: true }],
  ['A=1 B="2 3" exec -a name svc', { kind: 'lone', words: ['svc'], exec: true }],
  ['# the broker\n\n  exec svc "$CONFIG"\n', { kind: 'lone', words: ['svc', '$CONFIG'], exec: true }],
  ['svc > /var/log/svc 2>&1', { kind: 'lone', words: ['svc'], exec: false }],
  ['svc; true', { kind: 'several', words: ['svc'], exec: false }],
  ['cd /opt; svc', { kind: 'several', words: ['svc'], exec: false }],
  ['svc | tee log', { kind: 'several', words: ['svc'], exec: false }],
  ['exec svc | tee log', { kind: 'several', words: ['exec', 'svc'], exec: false }],
  ['svc & wait', { kind: 'background', words: ['svc'], exec: false }],
  ['', { kind: 'several', words: [], exec: false }],
])('who runs in: %s', (script, expected) => {
  expect(readShellScript(script)).toEqual(expected);
});

test('words of a unit or a compose file have quotes, and no operators', () => {
  expect(splitWords(`sh -c "exec a 'b'; c" x\\ y '' z|w`)).toEqual([
    'sh',
    '-c',
    "exec a 'b'; c",
    'x y',
    '',
    'z|w',
  ]);
});
