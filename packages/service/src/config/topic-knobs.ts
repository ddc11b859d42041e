import { bytes, durationMs, text } from './knobs.ts';

const kibibyte = 1024;
const mebibyte = 1024 ** 2;

/** What of the Receiver's configuration its topic depends on: `npm run topics` reads the same. */
export const receiverTopicKnobs = {
  rawTopic: topicName('PENSTOCK_RECEIVER_RAW_TOPIC', 'events.raw', 'Where requests are written.'),
  bodyBytesMax: bytes('PENSTOCK_RECEIVER_BODY_BYTES_MAX', {
    why:
      'A longer body is answered 413. The raw topic needs max.message.bytes of this + HEADER_BYTES_MAX ' +
      '+ 4 KiB, and no less than BATCH_BYTES + 4 KiB.',
    min: kibibyte,
    max: 64 * mebibyte,
    default: mebibyte,
  }),
  headerBytesMax: bytes('PENSTOCK_RECEIVER_HEADER_BYTES_MAX', {
    why: 'Request line and headers together; also bounds the query of GET /v1/collect.',
    min: 4 * kibibyte,
    max: 256 * kibibyte,
    default: 16 * kibibyte,
  }),
  batchBytes: bytes('PENSTOCK_RECEIVER_BATCH_BYTES', {
    why: 'A batch is sent when it has grown to this.',
    min: kibibyte,
    max: 16 * mebibyte,
    default: 512 * kibibyte,
  }),
};

/** What of the Input Filter's configuration its topics depend on: `npm run topics` reads the same. */
export const filterTopicKnobs = {
  topics: {
    raw: topicName('PENSTOCK_FILTER_RAW_TOPIC', 'events.raw', 'Where the Receivers write requests.'),
    clean: topicName(
      'PENSTOCK_FILTER_CLEAN_TOPIC',
      'events.clean',
      'Where events go; read it with read_committed.',
    ),
    rejected: topicName(
      'PENSTOCK_FILTER_REJECTED_TOPIC',
      'events.rejected',
      'Where everything else goes, with the reason.',
    ),
    seen: topicName(
      'PENSTOCK_FILTER_SEEN_TOPIC',
      'events.seen',
      'Ids of what went to clean, to rebuild the de-duplication window.',
    ),
  },
  batchBytes: bytes('PENSTOCK_FILTER_BATCH_BYTES', {
    why: 'Largest batch to an output topic, before compression. Below max.message.bytes of all of them.',
    min: 16 * kibibyte,
    max: 64 * mebibyte,
    default: 900 * kibibyte,
  }),
  dedupWindowMs: durationMs('PENSTOCK_FILTER_DEDUP_WINDOW_MS', {
    why:
      'How long an event id is remembered at least, while PENSTOCK_FILTER_DEDUP_IDS_MAX is enough. Clients ' +
      'must not resend after longer.',
    min: 1_000,
    max: 24 * 3_600_000,
    default: 600_000,
  }),
};

function topicName(name: string, fallback: string, why: string) {
  return text(name, { why, pattern: /^[A-Za-z0-9._-]{1,249}$/, default: fallback });
}
