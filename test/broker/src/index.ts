export { type Authority, createAuthority } from './jvm/certificates.ts';
export type { ConsoleConsumeOptions, ConsumedRecord } from './tool/console-consumer.ts';
export {
  javaClientProperties,
  type SecuredListeners,
  securedUser,
  shortSessionMs,
} from './jvm/secured-listeners.ts';
export { canSecure, givenBootstrap, sharedKafka } from './shared-kafka.ts';
export { brokerKind, startKafka } from './start-kafka.ts';
export type { BrokerKind, StartKafkaOptions } from './start-options.ts';
export type { TestBroker, TestKafka, TopicOptions } from './test-kafka.ts';
export type { ToolName, ToolOptions, ToolOutput } from './tool/tool.ts';
export { uniqueName } from './unique-name.ts';
