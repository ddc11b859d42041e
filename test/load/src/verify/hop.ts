/** The service that an event which vanished did not come out of. */
export const hops = ['Receiver', 'Input Filter', 'Mirror', 'unknown'] as const;
export type Hop = (typeof hops)[number];
