export { apiKeys } from './api-keys.ts';
export type { Direction } from './flow.ts';
export { holdAt, type KillPoint, killPointNames, killPoints } from './kill-points.ts';
export { type ProxiedKafka, startProxiedKafka } from './proxied-kafka.ts';
export { type FaultProxy, type ProxyOptions, startProxy, type TrapHandle } from './proxy.ts';
export { type DrawnFault, type FaultLimits, drawFault } from './random-fault.ts';
export { type SeededRandom, type SeededRun, pickOne, seeded, seededRun } from './seeded.ts';
