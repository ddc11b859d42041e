import { expect, it } from 'vitest';
import { shellWrapperProblem } from './shell-wrapper.ts';

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
