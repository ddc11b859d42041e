export { ConfigError, UsageError } from './errors.ts';
export { runProgram } from './command-line/run-program.ts';
export type { Program } from './command-line/program.ts';
export { runTool } from './command-line/run-tool.ts';
export type { Command, CommandOutcome, Flag, Flags } from './command-line/command.ts';
export { GivenFlags } from './command-line/given-flags.ts';
export {
  bytes,
  durationMs,
  file,
  flag,
  integer,
  list,
  listen,
  oneOf,
  secret,
  showListen,
  text,
} from './knobs.ts';
export type { ConfigOf, FileText, Knob, KnobOptions, Knobs, Listen } from './knobs.ts';
export { readConfig, readServiceConfig } from './read-config.ts';
export type { Environment, ReadConfigOptions } from './read-config.ts';
export { filterTopicKnobs, receiverTopicKnobs } from './topic-knobs.ts';
export { chassisKnobs, kafkaConnection, kafkaKnobs, kafkaProblems } from './shared-knobs.ts';
export type { KafkaConfig, KafkaConnection } from './shared-knobs.ts';
export { exampleEnv } from './example-env.ts';
export { createLog } from './log.ts';
export type { Log, LogOptions } from './log.ts';
export { Counter, Gauge, Histogram, Metrics, secondsBounds } from './metrics.ts';
export type { Label, MetricsOptions, Reading } from './metrics.ts';
export { listenOn } from './listen-on.ts';
export { startOperations } from './operations.ts';
export type { Operations, OperationsOptions } from './operations.ts';
export type { Service, ServiceContext } from './run-service.ts';
export { runThread, startThreads } from './threads.ts';
export type { ThreadContext, ThreadsOptions } from './threads.ts';
