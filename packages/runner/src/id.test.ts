import { describe, expect, it } from 'vitest';
import { parseId, parseUserSpec } from './id.ts';

const named = (name: string) => ({ kind: 'name', name });
const numbered = (number: number) => ({ kind: 'number', number });

describe('a user is taken literally or not at all', () => {
  it.each([
    ['kafka', { user: named('kafka'), group: undefined }],
    ['kafka:ingest', { user: named('kafka'), group: named('ingest') }],
    ['kafka:104', { user: named('kafka'), group: numbered(104) }],
    ['65534:65534', { user: numbered(65534), group: numbered(65534) }],
    ['0:0', { user: numbered(0), group: numbered(0) }],
    ['4294967294:1', { user: numbered(4294967294), group: numbered(1) }],
    ['_apt', { user: named('_apt'), group: undefined }],
    ['host$', { user: named('host$'), group: undefined }],
    ['systemd-network', { user: named('systemd-network'), group: undefined }],
  ])('%j is understood', (text, spec) => {
    expect(parseUserSpec(text)).toEqual(spec);
  });

  it.each([
    '',
    ':',
    ':0',
    ':nogroup',
    'nobody:',
    '::',
    'a:b:c',
    '65534',
    '0',
    '1000',
    '-1:65534',
    '65534:-1',
    '+1:1',
    '4294967295:1',
    '4294967296:1',
    '1:4294967296',
    '18446744073709551616:1',
    '9'.repeat(400) + ':1',
    '0day',
    '4foo',
    '0x0:0',
    '1e3:1',
    '1.5:1',
    '007:7',
    '00:00',
    ' nobody',
    'nobody ',
    'no body',
    'nobody\n',
    '٣:٣',
    '-u',
    '../x',
    'no/body',
  ])('%j is refused', (text) => {
    expect(parseUserSpec(text)).toBeTypeOf('string');
  });
});

it('says which part is wrong', () => {
  expect(parseId('', 'the group')).toBe('the group is empty');
  expect(parseUserSpec('1000')).toContain('--user 1000:GROUP');
});
