export { apiKeys } from './api-keys.ts';
export type { Direction } from './flow.ts';
export { type ProxiedKafka, startProxiedKafka } from './proxied-kafka.ts';
export { type FaultProxy, type ProxyOptions, type TrapHandle, startProxy } from './proxy.ts';
