import { expect, it } from 'vitest';
import { shellScriptProblem, shellWrapperProblem } from './shell-wrapper.ts';

it.each([
  [['/bin/sh', '-c', 'kafka; true']],
  [['bash', '-lc', 'java -jar x']],
  [['sh', '-e', '-c', 'executable']],
])('%j leaves a parent in between', (command) => {
  expect(shellWrapperProblem(command)).toContain('orphan');
});

it.each([
  [['sh', '-c', 'exec kafka']],
  [['sh', '-c', 'ulimit -c 0; exec kafka']],
  [['sh', 'start.sh']],
  [['java', '-c', 'x']],
  [['/opt/kafka/bin/kafka-server-start.sh']],
])('%j does not', (command) => {
  expect(shellWrapperProblem(command)).toBeUndefined();
});

it.each([
  ['#!/bin/sh\njava -jar x\n', true],
  ['#!/usr/bin/env bash\njava -jar x "$@"\n', true],
  ['#!/bin/sh\n# exec is not said\njava\n', true],
  ['#!/bin/bash\nexec java -jar x\n', false],
  ['#!/bin/bash\nif [ "x$1" = x ]; then\n  exec java\nelse exec ruby\nfi\n', false],
  ['#!/bin/sh\ntrap "echo bye" TERM\nwhile :; do sleep 1; done\n', false],
  ['#!/usr/bin/perl\nsystem("x")\n', false],
  ['\x7fELF', false],
])('a start script %j: warned of is %j', (text, warned) => {
  expect(shellScriptProblem('/start', text) !== undefined).toBe(warned);
});
