import type { JsonObject } from '../model/json.ts';
import type { BuiltInFormat } from '../model/request.ts';
import { pick, type Random } from './random.ts';

export interface SampleEventOptions {
  /** UUID text. */
  readonly eventId: string;
  readonly random: Random;
  /** When it happened, milliseconds since 1970. */
  readonly occurredAtMs: number;
  /**
   * fixable: shows a bug that a fix repairs; see `fixes` of the clean event. rejected: lacks its type or
   * has an unknown field. Default healthy.
   */
  readonly variant?: 'healthy' | 'fixable' | 'rejected';
  /** Properties are added up to about this size in JSON. The default adds none, which gives 300 to 600. */
  readonly bytes?: number;
}

/** The content of an event, before a format gives it a shape. */
interface Story {
  readonly type: string;
  readonly device: string;
  readonly user: string;
  readonly session: string;
  readonly width: number;
  readonly height: number;
  readonly lat: number;
  readonly lon: number;
  readonly properties: Record<string, string | number | boolean>;
}

/**
 * One event in the given format; events of formats 3 and 4 are complete without an envelope. Same
 * arguments, same event.
 */
export function sampleEvent(format: BuiltInFormat, options: SampleEventOptions): JsonObject {
  const story = tellStory(options.random);
  const event = shape(format, story, options);
  if (options.variant === 'rejected') spoil(format, event, options.random);
  if (options.bytes !== undefined) fillUp(format, event, options.bytes, options.random);
  return event;
}

function tellStory(random: Random): Story {
  const page = pick(random, ['/', '/cart', '/search', '/news/2026', '/account']);
  return {
    type: pick(random, ['page_view', 'app_open', 'purchase', 'search', 'video_play']),
    device: `d-${Math.floor(random() * 1e9).toString(36)}`,
    user: `u-${Math.floor(random() * 1e6)}`,
    session: `s-${Math.floor(random() * 1e9).toString(36)}`,
    ...pick(random, [
      { width: 1920, height: 1080 },
      { width: 1170, height: 2532 },
      { width: 412, height: 915 },
    ]),
    lat: Math.round((random() * 120 - 60) * 1e4) / 1e4,
    lon: Math.round((random() * 300 - 150) * 1e4) / 1e4,
    properties: {
      page,
      title: pick(random, ['Größe', 'Home', '東京', 'Zażółć']),
      count: Math.floor(random() * 100),
    },
  };
}

function shape(format: BuiltInFormat, story: Story, options: SampleEventOptions): JsonObject {
  const fixable = options.variant === 'fixable';
  switch (format) {
    case 1:
      return shape1(story, options, fixable);
    case 2:
      return shape2(story, options, fixable);
    case 3:
      return shape3(story, options, fixable);
    default:
      return shape4(story, options, fixable);
  }
}

/** The bugs of format 1: epoch-seconds on iOS, broken-screen on the web. */
function shape1(
  story: Story,
  { eventId, occurredAtMs, random }: SampleEventOptions,
  fixable: boolean,
): JsonObject {
  const seconds = fixable && random() < 0.5;
  const event: JsonObject = {
    e: story.type,
    eid: eventId,
    dtm: seconds ? String(Math.floor(occurredAtMs / 1000)) : String(occurredAtMs),
    cn: seconds ? 'penstock-ios' : 'penstock-web',
    cv: seconds ? '2.2.9' : fixable ? '2.4.1' : '2.6.0',
    p: seconds ? 'ios' : 'web',
    lang: 'de-DE',
    uid: story.user,
    did: story.device,
    sid: story.session,
    res: fixable && !seconds ? 'NaNxNaN' : `${story.width}x${story.height}`,
    lat: story.lat.toFixed(4),
    lon: story.lon.toFixed(4),
  };
  for (const [name, value] of Object.entries(story.properties)) event[`p_${name}`] = String(value);
  return event;
}

/** The bug of format 2: broken-screen. */
function shape2(story: Story, { eventId, occurredAtMs }: SampleEventOptions, fixable: boolean): JsonObject {
  const { width, height } = story;
  return {
    id: eventId,
    event: story.type,
    timestamp: new Date(occurredAtMs).toISOString(),
    context: {
      app: { name: 'penstock-web', version: fixable ? '2.4.1' : '2.6.0' },
      device: {
        ...{ id: story.device, platform: 'web', os: 'Linux', os_version: '6.8' },
        screen: fixable ? { width: width + 0.0012, height: height + 0.2 } : { width, height },
      },
      user: { id: story.user },
      session: { id: story.session },
      location: { latitude: story.lat, longitude: story.lon },
      locale: 'pl-PL',
    },
    properties: { ...story.properties },
  };
}

/** The bug of formats 3 and 4: sentinel-ids. */
function shape3(story: Story, { eventId, occurredAtMs }: SampleEventOptions, fixable: boolean): JsonObject {
  return {
    message_id: eventId,
    type: story.type,
    time: new Date(occurredAtMs).toISOString(),
    client: clientOf(fixable ? '3.2.0' : '3.4.0'),
    ...peopleOf(story, fixable),
    properties: { ...story.properties },
  };
}

function shape4(story: Story, { eventId, occurredAtMs }: SampleEventOptions, fixable: boolean): JsonObject {
  return {
    event_id: eventId,
    event_type: story.type,
    occurred_at: new Date(occurredAtMs).toISOString(),
    client: clientOf(fixable ? '3.2.0' : '4.1.0'),
    ...peopleOf(story, fixable),
    properties: { ...story.properties },
  };
}

function clientOf(version: string): JsonObject {
  return { name: 'penstock-web', version, platform: 'web', os: 'Android', os_version: '16', locale: 'en-GB' };
}

function peopleOf(story: Story, fixable: boolean): JsonObject {
  return {
    user_id: fixable ? 'undefined' : story.user,
    device_id: story.device,
    session_id: story.session,
    screen: { width: story.width, height: story.height },
    location: { lat: story.lat, lon: story.lon, source: 'gps' },
  };
}

function spoil(format: BuiltInFormat, event: JsonObject, random: Random): void {
  if (random() < 0.5) event.surprise = 'a field that no format has';
  else delete event[{ 1: 'e', 2: 'event', 3: 'type', 4: 'event_type' }[format]];
}

/** In pieces of a sentence's length, as real properties are. */
function fillUp(format: BuiltInFormat, event: JsonObject, bytes: number, random: Random): void {
  const properties = format === 1 ? event : (event.properties as JsonObject);
  const prefix = format === 1 ? 'p_' : '';
  let missing = bytes - Buffer.byteLength(JSON.stringify(event));
  for (let piece = 0; missing > 16; piece++) {
    const text = words(Math.min(80, missing - 16), random);
    properties[`${prefix}note${piece}`] = text;
    missing -= text.length + 10 + prefix.length + String(piece).length;
  }
}

function words(length: number, random: Random): string {
  let text = '';
  while (text.length < length) text += `${Math.floor(random() * 2 ** 40).toString(36)} `;
  return text.slice(0, length).trimEnd();
}
