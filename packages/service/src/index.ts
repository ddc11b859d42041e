export { ConfigError, ListenError, ThreadError } from './errors.ts';
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
export { effectiveConfig, knobsOf, readConfig } from './read-config.ts';
export type { Environment, ReadConfigOptions } from './read-config.ts';
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
export { runService } from './run-service.ts';
export type { Service, ServiceContext, ServiceDefinition } from './run-service.ts';
export { runThread, startThreads } from './threads.ts';
export type { ThreadContext, ThreadsOptions } from './threads.ts';
