import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createEventDecoder } from '../src/avro/decode-own-event.ts';
import { decodeEvent, encodeEvent } from '../src/avro/encode-event.ts';
import { eventSchemaWith } from '../src/avro/own-schema.ts';
import { builtInCatalogue } from '../src/built-in-catalogue.ts';
import type { Event } from '../src/model/event.ts';
import { requestContext } from '../src/pipeline/request-context.fixture.ts';
import { createPipeline } from '../src/pipeline/pipeline.ts';
import {
  compileJava,
  exampleOf,
  javaLibrary,
  pythonWith,
  root,
  throughProgram,
} from './consumers/other-languages.ts';
import { corpusRecords, hardEvents, ownCatalogue, plainOf } from './consumers/records.ts';

const fastavro = '1.13.1'; // the page says how to install this one
const python = await pythonWith(fastavro);
const java = await javaLibrary();
const folder = mkdtempSync(join(tmpdir(), 'penstock-consumers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const schemas = join(root, 'packages/events/schema');
const corpus = corpusRecords();
const events = [1, 2, 3].flatMap((seed) => hardEvents(builtInCatalogue, seed));
const builtIn = [
  ...corpus.map((record) => ({ record, plain: plainOf(decodeEvent(record)) })),
  ...events.map(({ event }) => ({ record: Buffer.from(encodeEvent(event)), plain: plainOf(event) })),
];

const withoutPython = 'lacks' in python ? ` (skipped: ${python.lacks})` : '';
test.skipIf(withoutPython !== '')(
  `the Python example of the page for consumers reads every record that we write${withoutPython}`,
  async () => {
    if (!('have' in python)) return;
    const script = join(folder, 'example.py');
    const rest = readFileSync(join(import.meta.dirname, 'consumers/decode_lines.py'), 'utf8');
    writeFileSync(script, `${exampleOf('python')}\n\n${rest}`);
    const read = await throughProgram(
      python.have,
      [script],
      builtIn.map(({ record }) => record),
    );
    expect(read).toEqual(builtIn.map(({ plain }) => plain));
    expect(readFileSync(join(root, 'docs/consumers.md'), 'utf8')).toContain(`fastavro==${fastavro}`);
  },
);

interface Answer {
  page: unknown;
  read: unknown;
  written: string[];
}

const withoutJava = 'lacks' in java ? ` (skipped: ${java.lacks})` : '';
test.skipIf(withoutJava !== '')(
  `Avro's Java library and we read each other's records, and so does the Java example${withoutJava}`,
  async () => {
    if (!('have' in java)) return;
    const { schemaFields = [] } = ownCatalogue;
    const ownSchema = eventSchemaWith(schemaFields);
    const ownSchemaFile = join(folder, 'own.avsc');
    writeFileSync(ownSchemaFile, JSON.stringify(ownSchema));
    const { encode } = createPipeline(ownCatalogue);
    const own = hardEvents(ownCatalogue, 4).map((outcome) => ({
      record: Buffer.from(encode(outcome.event, outcome.own)),
      plain: plainOf({ ...outcome.event, ...outcome.own }, ownSchema),
    }));
    const all = [...builtIn, ...own];

    const classes = join(folder, 'classes');
    const judge = readFileSync(join(import.meta.dirname, 'consumers/AvroJudge.java'), 'utf8');
    await compileJava(java.have, classes, {
      'AvroJudge.java': judge,
      'EventReader.java': exampleOf('java'),
    });
    const flags = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx256m'];
    const answers = (await throughProgram(
      'java',
      [
        ...[...flags, '-cp', `${classes}:${java.have}`, 'AvroJudge'],
        ...[schemas, ownSchemaFile, join(schemas, 'client-event-4.avsc')],
      ],
      all.map(({ record }) => record),
    )) as Answer[];

    expect(answers.map(({ read }) => read)).toEqual(all.map(({ plain }) => plain));
    expect(answers.map(({ page }) => page)).toEqual([
      ...builtIn.map(({ plain }) => plain),
      ...own.map(() => null),
    ]);
    expect(answers.some(({ written: [plain, inBlocks] }) => plain !== inBlocks)).toBe(true);
    const decodeOwn = createEventDecoder(schemaFields);
    const posted: Buffer[] = [];
    for (const [index, { plain }] of all.entries()) {
      const { written } = answers[index]!;
      expect(written).toHaveLength(2 + 4); // as it is, in sized blocks, and in each of four schemas
      posted.push(Buffer.from(written.pop()!, 'hex'));
      for (const hex of written) {
        const bytes = Buffer.from(hex, 'hex');
        const { event, own: values } = decodeOwn(bytes);
        expect(plainOf({ ...event, ...values }, ownSchema)).toEqual(asWrittenBy(bytes, plain as Plain));
      }
    }
    for (const [index, record] of corpus.entries()) {
      expect(readAgain(posted[index]!)).toMatchObject(fromClient(record));
    }
  },
);

type Plain = Record<string, unknown> & { origin: object };

/** What is left of an event in bytes of a schema: the fields that the schema lacks are null. */
function asWrittenBy(bytes: Buffer, plain: Plain): Plain {
  const none = Object.fromEntries((ownCatalogue.schemaFields ?? []).map(({ name }) => [name, null]));
  switch (bytes.toString('hex', 2, 10)) {
    case '7cf7a203285f14e3':
      return { ...plain, ...none, origin: { ...plain.origin, attempt: null } };
    case '5f8ddd6972256283':
      return { ...plain, ...none };
    default:
      return { ...none, ...plain };
  }
}

/** What becomes of an event that a client of Avro's library posts. */
function readAgain(posted: Buffer): Partial<Event> {
  const pipeline = createPipeline(builtInCatalogue);
  const split = pipeline.split(posted, '4', 'avro/binary');
  if (split.kind === 'rejected') throw new Error(split.detail);
  const [outcome, ...more] = split.items.map((item) => pipeline.process(item, requestContext));
  if (outcome?.kind !== 'clean' || more.length > 0) throw new Error(JSON.stringify(outcome));
  return outcome.event;
}

/** The fields that a client's schema has as the clean event has them. */
function fromClient(record: Buffer): Partial<Event> {
  const { event_id, event_type, client, screen, location, properties, ...rest } = decodeEvent(record);
  const { user_id, device_id, session_id } = rest;
  return { event_id, event_type, client, screen, location, properties, user_id, device_id, session_id };
}
