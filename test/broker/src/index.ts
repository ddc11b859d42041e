export type { ConsoleConsumeOptions, ConsumedRecord } from './console-consumer.ts';
export {
  javaClientProperties,
  type SecuredListeners,
  securedUser,
  shortSessionMs,
} from './secured-listeners.ts';
export { canSecure, givenBootstrap, sharedKafka } from './shared-kafka.ts';
export { type BrokerKind, type StartKafkaOptions, brokerKind, startKafka } from './start-kafka.ts';
export type { TestBroker, TestKafka, ToolName, ToolOptions, ToolOutput, TopicOptions } from './test-kafka.ts';
export { uniqueName } from './unique-name.ts';
