import type { CatalogueTools, Fix, JsonObject } from './penstock-catalogue.d.ts';

/** Tills before firmware 7.1 write winter time all the year round: in summer they are an hour late. */
export const summerTimeTill = ({ withValueAt }: CatalogueTools): Fix => ({
  id: 'summer-time-till',
  issue: 'Receipts of summer are an hour late: the till writes +01:00 with the clock of +02:00 (TILL-881)',
  clients: [{ name: 'till', versions: '<7.1.0' }],
  types: ['receipt'],
  formats: [100],
  outcome: 'repair',
  detect: (receipt) => isWinterTimeInSummer(receipt.at),
  apply: (receipt) => withValueAt(receipt, ['at'], String(receipt.at).replace(/\+01:00$/, '+02:00')),
  since: '2026-06-01',
  retireWhen: 'no till with a firmware before 7.1.0 is left in the shops',
  examples: [
    {
      format: 100,
      receivedAtMs: Date.UTC(2026, 5, 1, 12),
      broken: receipt('7.0.9', '2026-06-01T13:59:30+01:00'),
      repaired: receipt('7.0.9', '2026-06-01T13:59:30+02:00'),
      outside: receipt('7.1.0', '2026-06-01T13:59:30+01:00'),
      healthy: receipt('7.0.9', '2026-01-07T13:59:30+01:00'),
    },
  ],
});

function receipt(firmware: string, at: string): JsonObject {
  return { no: 'A-17', at, total: 1, till: { id: 'till-3', shop: 42, firmware } };
}

/** From April to September it is summer time everywhere in the chain. */
function isWinterTimeInSummer(at: unknown): boolean {
  return typeof at === 'string' && /^\d{4}-0[4-9]-\d\dT.*\+01:00$/.test(at);
}
