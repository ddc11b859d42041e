export { freePort } from './free-port.ts';
export { forgetFolder, killAtExit, removeAtExit, forgetProcess } from './clean-up-at-exit.ts';
export type { LogLine } from './log-lines.ts';
export { cpuSecondsOf, peakRssBytesOf } from './process-account.ts';
export { type CommandResult, type RunOptions, runToEnd } from './run-to-end.ts';
export { runnerCommand, serviceCommand, throughRunner } from './service-command.ts';
export { type Exit, type Launch, ServiceProcess } from './service-process.ts';
