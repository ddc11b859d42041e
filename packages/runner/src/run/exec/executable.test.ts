import { expect, it } from 'vitest';
import { interpreterOf } from './executable.ts';

it.each([
  ['#!/bin/sh\necho', '/bin/sh'],
  ['#! /usr/bin/env node\n', '/usr/bin/env'],
  ['#!\t/bin/sh -e', '/bin/sh'],
  ['#!/bin/sh\r\n', '/bin/sh\r'],
  [`#!/${'x'.repeat(252)}\n`, `/${'x'.repeat(252)}`],
  [`#!/${'x'.repeat(253)}\n`, undefined],
  ['#!\n/bin/sh', undefined],
  ['#!', undefined],
  ['', undefined],
  ['echo hello', undefined],
  ['PK\x03\x04', undefined],
])('the interpreter of %j is %j, as the kernel reads it', (header, interpreter) => {
  expect(interpreterOf(header)).toBe(interpreter);
});
