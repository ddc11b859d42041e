/** From the datacenter to the master. */
export const link = 'fra';

/** The services' defaults, which the demo uses. */
export const topics = {
  datacenter: {
    raw: 'events.raw',
    clean: 'events.clean',
    rejected: 'events.rejected',
    seen: 'events.seen',
  },
  master: { clean: 'events.clean', ledger: `mirror.${link}`, pairs: `mirror.${link}.pairs` },
} as const;
