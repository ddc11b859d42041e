export { Client } from './client.ts';
export type { ClientName, EventFields } from './event.ts';
export type { EventStorage } from './event-queue.ts';
export type { ClientOptions, Dropped, Problem } from './options.ts';
