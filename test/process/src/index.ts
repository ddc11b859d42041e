export { forgetFolder, guard, guardFolder, unguard } from './guard.ts';
export type { LogLine } from './log-lines.ts';
export { type Ended, type RunOptions, runToEnd } from './run-to-end.ts';
export { runnerCommand, serviceCommand, throughRunner } from './service-command.ts';
export { type Exit, type Launch, ServiceProcess } from './service-process.ts';
