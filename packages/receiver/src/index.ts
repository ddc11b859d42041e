export { check, knobs, prefix } from './config.ts';
export type { ReceiverConfig } from './config.ts';
export { startReceiver } from './receiver.ts';
export type { Receiver } from './receiver.ts';
