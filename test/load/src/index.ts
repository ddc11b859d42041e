export { Ledger } from './ledger.ts';
export { send } from './send/send.ts';
export type { Sent, SendOptions } from './send/send.ts';
export type { LiveProgress, SendProgress } from './send/send-totals.ts';
export { describeVerdict } from './commands/verify-command.ts';
export { bodyOf, lookAtDatacenter } from './verify/look-at-datacenter.ts';
export { verifyTopic } from './verify/verify-topic.ts';
export { isClean, MasterVerifier } from './verify/verdict.ts';
export type { Verdict } from './verify/verdict.ts';
