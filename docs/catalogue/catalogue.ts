import { fixTemplate } from './fix-template.ts';
import type { MakeCatalogue, OwnField } from './penstock-catalogue.d.ts';
import { receipts, receiptTo4 } from './receipts.ts';
import { summerTimeTill } from './summer-time-till.ts';

/**
 * The catalogue of a chain of shops: everything that Penstock ships with, and beside it
 * - a format of its own, which its tills have always sent,
 * - a fix for a bug of these tills, and one for a bug of its app, each in a file of its own,
 * - two fields in the schema, which its consumers ask for most,
 * - a topic of its own for receipts.
 */
const make: MakeCatalogue = (events) => {
  const { builtInCatalogue } = events;
  return {
    ...builtInCatalogue,
    formats: [...builtInCatalogue.formats, receipts(events)],
    upgrades: [...builtInCatalogue.upgrades, receiptTo4(events)],
    fixes: [...builtInCatalogue.fixes, summerTimeTill(events), fixTemplate(events)],
    schemaFields: [shop, total],
    routes: { receipt: 'events.receipts' },
  };
};

export default make;

const shop: OwnField = {
  name: 'x_shop',
  type: 'long',
  doc: 'Number of the shop, for receipts and for orders of the app',
  since: '2026-06-01',
  value: ({ properties }) => integerOf(properties.shop ?? properties.shop_id),
};
const total: OwnField = {
  name: 'x_total',
  type: 'double',
  doc: 'What the customer paid, in the currency of the receipt',
  since: '2026-09-15',
  value: ({ event_type, properties }) =>
    event_type === 'receipt' && typeof properties.total === 'number' ? properties.total : null,
};

/** Clients of format 1 write numbers as texts. Anything else is no number of a shop. */
function integerOf(value: string | number | boolean | null | undefined): number | null {
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : null;
}
