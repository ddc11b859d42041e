export { filterKnobs, type FilterConfig } from './config.ts';
export { decodeSeen, type SeenRecord } from './seen-record.ts';
export { type Tally } from './tally.ts';
