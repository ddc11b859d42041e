export { Ledger } from './ledger.ts';
export { send } from './send/send.ts';
export type { Sent, SendOptions } from './send/send.ts';
export type { SendProgress } from './send/send-totals.ts';
export { isClean, MasterVerifier } from './verify/verdict.ts';
export type { Verdict } from './verify/verdict.ts';
