import semver from 'semver';
import { ownFieldTypes } from '../avro/own-schema.ts';
import { ownFieldName } from '../catalogue/check-own-fields.ts';
import { ownFormats } from '../model/raw-headers.ts';
import { reasons } from '../model/reasons.ts';
import { show } from './problem.ts';
import {
  fn,
  integer,
  jsonObject,
  listOf,
  object,
  oneOf,
  orNull,
  recordOf,
  text,
  type Shape,
} from './shape.ts';

const date = text('a date, YYYY-MM-DD', /^\d{4}-\d\d-\d\d$/);
const milliseconds = integer(0, Number.MAX_SAFE_INTEGER, 'a number of milliseconds');
const count = integer(1, 2 ** 31 - 1);
const topic = text('the name of a Kafka topic', /^[A-Za-z0-9._-]{1,249}$/);
const upgradeSignature = '(event) => event of the next format';

const formatNumber: Shape = (value, at, problems) => {
  const { first, last } = ownFormats;
  const isKnown = Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 4;
  const isOwn = Number.isInteger(value) && (value as number) >= first && (value as number) <= last;
  if (isKnown || isOwn) return;
  const is = `1 to 4, or ${first} to ${last} for a format of your own`;
  problems.error(at, show(value), is, `number it from ${first} on`);
};

const versions: Shape = (value, at, problems) => {
  if (typeof value === 'string' && semver.validRange(value) !== null) return;
  const action = 'read node-semver on ranges: spaces mean and, || means or';
  problems.error(at, show(value), "a semver range, such as '>=1.2.0 <2.0.0', or '*' for all", action);
};

const format = object(
  {
    number: formatNumber,
    envelope: orNull(
      object({ array: text('the name of an array'), shared: listOf(text('the name of a key')) }),
    ),
    check: fn('(event) => null or a refusal'),
    clientOf: fn('(event) => ({ name, version })'),
    typeOf: fn('(event) => a text or null'),
    timeOf: fn('(event) => the time as the client wrote it'),
  },
  {
    looksLike: fn('(event) => true or false'),
    examples: listOf(
      object(
        { event: jsonObject, becomes: oneOf(['clean', ...Object.keys(reasons)]) },
        { clean: jsonObject, receivedAtMs: milliseconds },
      ),
    ),
  },
);

const fix = object(
  {
    id: text('a name in lower case letters, digits and dashes', /^[a-z][a-z0-9-]{1,63}$/),
    issue: text('a sentence on what users see and where it was reported (20 characters or more)', /.{20}/s),
    clients: listOf(object({ name: text("the client's name"), versions }), { least: 1 }),
    types: orNull(listOf(text('an event type'), { least: 1 })),
    formats: listOf(formatNumber, { least: 1 }),
    outcome: oneOf(['repair', 'redact', 'unwanted', 'quarantined']),
    detect: fn('(event, { format, receivedAtMs }) => true or false'),
    apply: fn('(event, { format, receivedAtMs }) => another event'),
    since: date,
    retireWhen: text('what must be true before the fix can be removed'),
    examples: listOf(
      object({
        format: formatNumber,
        receivedAtMs: milliseconds,
        broken: jsonObject,
        repaired: orNull(jsonObject),
        outside: jsonObject,
        healthy: jsonObject,
      }),
      { least: 1 },
    ),
  },
  { onlyProperties: listOf(text('the name of a property'), { least: 1 }) },
);

const schemaField = object({
  name: text('x_ and then lower case letters, digits or _', ownFieldName),
  type: oneOf(ownFieldTypes),
  doc: text('a sentence for consumers'),
  since: date,
  value: fn('(event) => the value, or null'),
});

const rules = object({
  clockToleranceMs: milliseconds,
  pastMaxMs: milliseconds,
  futureMaxMs: milliseconds,
  earliestMs: integer(-(2 ** 53), 2 ** 53, 'milliseconds since 1970'),
});

const limits = object({
  eventsPerRequestMax: count,
  eventBytesMax: count,
  depthMax: integer(1, 1_000),
  keysMax: count,
  stringLengthMax: count,
  numberLengthMax: count,
  envelopeBytesMax: count,
  envelopeKeysMax: count,
});

/** What a catalogue is made of. Whether its parts agree with each other is for others to say. */
export const catalogueShape: Shape = object(
  {
    formats: listOf(format, { least: 1, labelOf: nameOf('number') }),
    upgrades: listOf(object({ from: formatNumber, to: formatNumber, up: fn(upgradeSignature) }), {
      labelOf: (given) => {
        const { from, to } = given as { from?: unknown; to?: unknown };
        return `${String(from)} to ${String(to)}`;
      },
    }),
    fixes: listOf(fix, { labelOf: nameOf('id') }),
    rules,
    limits,
    routes: recordOf(topic),
  },
  { schemaFields: listOf(schemaField, { labelOf: nameOf('name') }) },
);

function nameOf(key: string): (element: unknown) => string | undefined {
  return (element) => {
    const name = (element as Record<string, unknown>)[key];
    return typeof name === 'string' || typeof name === 'number' ? String(name) : undefined;
  };
}
