export { ConfigError, RefusedError, UsageError } from './errors.ts';
export { runProgram } from './command-line/run-program.ts';
export type { Program } from './command-line/program.ts';
export { runTool } from './command-line/run-tool.ts';
export type { Command, CommandOutcome, Flags, FreeCommand } from './command-line/command.ts';
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
} from './config/knobs.ts';
export type { ConfigOf, Knob, Knobs, Listen } from './config/knobs.ts';
export { readConfig, readServiceConfig } from './config/read-config.ts';
export type { Environment } from './config/read-config.ts';
export { filterTopicKnobs, receiverTopicKnobs } from './config/topic-knobs.ts';
export { chassisKnobs, kafkaConnection, kafkaKnobs, kafkaProblems } from './config/shared-knobs.ts';
export type { KafkaConfig, KafkaConnection } from './config/shared-knobs.ts';
export { exampleEnv } from './config/example-env.ts';
export { isSystemError, unreadableFile, unwritableFile } from './unusable-file.ts';
export { createLog } from './log.ts';
export type { Log } from './log.ts';
export { Counter, Histogram, Metrics, secondsBounds } from './metrics.ts';
export type { Reading } from './metrics.ts';
export { listenOn } from './operations/listen-on.ts';
export { problem as postProblem } from './operations/post-page.ts';
export type { PostAnswer, PostPage, PostPages, PostRequest } from './operations/post-page.ts';
export type { Service, ServiceContext } from './run-service.ts';
export { runThread, startThreads } from './threads.ts';
export type { ThreadContext } from './threads.ts';
