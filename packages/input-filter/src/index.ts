export { knobs, type FilterConfig } from './config.ts';
export { decodeSeen, type SeenRecord } from './dedup/seen-record.ts';
export { type Tally } from './dedup/tally.ts';
