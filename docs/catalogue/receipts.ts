import type { CatalogueTools, Format, Upgrade } from './penstock-catalogue.d.ts';

/** What the tills send: one receipt, or all that they have printed since the last time. */
export const receipts = (events: CatalogueTools): Format => ({
  number: 100,
  // { till: {...}, receipts: [{...}, {...}] }, or single receipts as JSON, an array or lines.
  envelope: { array: 'receipts', shared: ['till'] },
  check: events.strictReader({
    no: events.required(events.shortText),
    at: events.required(events.shortText),
    total: events.required(events.finiteNumber),
    currency: events.shortText,
    till: events.objectOf({
      id: events.required(events.shortText),
      shop: events.required(events.finiteNumber),
      firmware: events.shortText,
    }),
  }),
  clientOf: (receipt) => {
    const firmware = events.valueAt(receipt, ['till', 'firmware']);
    return { name: 'till', version: typeof firmware === 'string' ? firmware : null };
  },
  typeOf: () => 'receipt',
  timeOf: (receipt) => receipt.at,
  examples: [
    {
      event: {
        no: 'A-17',
        at: '2026-06-01T13:59:30+02:00',
        total: 12.5,
        currency: 'EUR',
        till: { id: 'till-3', shop: 42, firmware: '7.1.0' },
      },
      becomes: 'clean',
      clean: {
        event_type: 'receipt',
        device_id: 'till-3',
        source_format: 100,
        time_quality: 'trusted',
        properties: { no: 'A-17', total: 12.5, currency: 'EUR', shop: 42 },
        x_shop: 42,
        x_total: 12.5,
      },
    },
    { event: { no: 'A-18', at: '2026-06-01T13:59:30+02:00' }, becomes: 'missing-field' },
    { event: { no: 'A-19', at: '2026-06-01T13:59:30+02:00', total: '12,50' }, becomes: 'invalid-field' },
  ],
});

/** `check` has seen the receipt: what is there is as it says. What a receipt has not becomes nothing. */
export const receiptTo4 = (events: CatalogueTools): Upgrade => ({
  from: 100,
  to: 4,
  up: ({ no, at, total, currency, till }) => {
    const { id, shop, firmware } = events.isJsonObject(till) ? till : {};
    return {
      event_type: 'receipt',
      occurred_at: at,
      device_id: id,
      client: { name: 'till', version: firmware },
      properties: { no, total, currency, shop },
    };
  },
});
