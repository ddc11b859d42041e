import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { builtInCatalogue, createPipeline, formatUuid, type FormatHint } from '@penstock/events';
import { chromium, needsChromium, startBrowser } from '@penstock/test-browser';
import { expect, onTestFinished, test, vi } from 'vitest';
import { problemCodes, problems } from '../src/api/problems.ts';
import { startBlankSite } from './blank-site.ts';
import { clientsPage, exampleOf } from './docs-page.ts';
import { startHttpSide, type HttpSide } from './http-side.ts';
import { answerOf, startStranger, type Heard } from './stranger.ts';

// The examples of docs/clients.md, run as they stand there. Each is told `kafka-late` at its first try,
// although its events are stored, and must send the same events again with the same key. So it must when
// what stands between answers what no Receiver says.

const run = promisify(execFile);
const has = (program: string, flag = '--version') => spawnSync(program, [flag]).status === 0;

const programs: [heading: string, program: string, file: string, events: number][] = [
  ['curl', 'sh', 'example.sh', 1],
  ['Python', 'python3', 'example.py', 2],
  ['Java', 'java', 'SendEvents.java', 2],
];

/** curl waits for it; after a date that is past curl 7.88 never tries again. */
const soon = () => new Date(Date.now() + 4_000).toUTCString();
const busy = '{"title":"Too much is in flight","status":503,"code":"memory-full","retryable":true}';
const problem = 'application/problem+json';
const strangeAnswers = () => [
  answerOf('503 Busy', { 'content-type': problem, 'retry-after': soon() }, busy),
  'this is no HTTP\r\n\r\n',
  answerOf('200 OK', { 'content-type': 'application/json' }, '{"request_id":"q","bytes":1}', 12),
  answerOf('503 Busy', { 'content-type': problem }, busy, 30),
];

const strangeTries = strangeAnswers().length + 1;

const html = { 'content-type': 'text/html' };
const firewalls = [
  answerOf('403 Forbidden', html, '<h1>Forbidden</h1>'),
  answerOf('413 Too Large', html, '<h1>Too large</h1>'),
  answerOf('403 Forbidden', { 'content-type': 'application/json' }, '{"message":"Forbidden"}'),
];

for (const [heading, program, file, events] of programs) {
  const needs = heading === 'curl' ? 'curl' : program;
  const missing = !has(needs);
  const why = missing ? ` (needs ${needs})` : '';
  const runExample = async (url: string): Promise<unknown> => {
    const folder = await mkdtemp(join(tmpdir(), 'penstock-examples-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, file), exampleOf(heading, url));
    return run(program, [join(folder, file)]);
  };

  test.skipIf(missing)(`${heading}: refused at first, it sends the same events again${why}`, async () => {
    const side = await startRefusing();
    await Promise.all([runExample(side.url), refusedOnce(side)]);
    expectSentTwice(side, events);
  });

  test.skipIf(missing)(
    `${heading}: an answer cut off, no HTTP, a date to wait for: again${why}`,
    async () => {
      const { url, heard } = await startStranger(strangeAnswers());
      await runExample(url);
      expectSameEvents(heard, strangeTries, events);
    },
  );

  // curl knows no problem documents: it tries ten times, and ends.
  test.skipIf(missing || heading === 'curl')(
    `${heading}: what a firewall refuses is the caller's again${why}`,
    async () => {
      for (const refusal of firewalls) {
        const { url, heard } = await startStranger([refusal]);
        await expect(runExample(url)).rejects.toThrow(/(status|Exception:) 4[01]3/);
        expect(heard).toHaveLength(1);
      }
    },
  );
}

test.skipIf(chromium === undefined)(
  `a page, fetch: refused at first, it sends the same events again${needsChromium}`,
  async () => {
    const { origin } = await startBlankSite();
    const side = await startRefusing({ CORS_ORIGINS: origin });
    await using browser = await startBrowser(chromium!);
    const tab = await browser.open(origin);
    const code = exampleOf('A page: fetch', side.url);
    const sending = tab.evaluate(`(async () => { ${code}; await send([newEvent('a'), newEvent('b')]); })()`);
    await Promise.all([sending, refusedOnce(side)]);
    expectSentTwice(side, 2);
  },
);

test.skipIf(chromium === undefined)(
  `a page, fetch: an answer cut off, no HTTP, a date to wait for: again${needsChromium}`,
  async () => {
    const { origin } = await startBlankSite();
    const { url, heard } = await startStranger(strangeAnswers());
    await using browser = await startBrowser(chromium!);
    const tab = await browser.open(origin);
    const code = exampleOf('A page: fetch', url);
    await tab.evaluate(`(async () => { ${code}; await send([newEvent('a'), newEvent('b')]); })()`);
    expectSameEvents(heard, strangeTries, 2);
  },
);

test.skipIf(chromium === undefined)(
  `a page, fetch: what a firewall refuses is the caller's again${needsChromium}`,
  async () => {
    const { origin } = await startBlankSite();
    await using browser = await startBrowser(chromium!);
    for (const refusal of firewalls) {
      const { url, heard } = await startStranger([refusal]);
      const tab = await browser.open(origin);
      const sending = "send([newEvent('a')]).then(() => 'sent', ({ message }) => message)";
      const told = await tab.evaluate(
        `(async () => { ${exampleOf('A page: fetch', url)}; return await ${sending}; })()`,
      );
      expect(told).toMatch(/^status 4[01]3$/);
      expect(heard).toHaveLength(1);
    }
  },
);

test.skipIf(chromium === undefined)(
  `a page that goes away: its last event comes by sendBeacon${needsChromium}`,
  async () => {
    const { origin } = await startBlankSite();
    const side = await startHttpSide();
    await using browser = await startBrowser(chromium!);
    const tab = await browser.open(origin);
    await tab.evaluate(`{ ${exampleOf('A page that goes away: sendBeacon', side.url)} }`);
    await tab.close();
    await vi.waitUntil(() => side.appended.length > 0, 30_000);
    expect(idsOf(side, 0)).toHaveLength(1);
  },
);

test('a pixel in a mail: opened twice, it is one event', async () => {
  const side = await startHttpSide();
  const src = /src="([^"]+)"/.exec(exampleOf('A pixel in a mail', side.url))![1]!;
  for (let opened = 0; opened < 2; opened += 1) {
    const response = await fetch(src);
    expect(response.headers.get('content-type')).toBe('image/gif');
    await response.arrayBuffer();
  }
  expectSentTwice(side, 1);
});

test('the page says what to do with each problem, as the Receiver sees it', () => {
  for (const code of problemCodes) {
    const row = clientsPage.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${code}\``));
    expect(row, code).toContain(String(problems[code].status));
    // The key and the URL are somebody else's to mend: the events are worth keeping all the same.
    const kept = /again|keep|split/i.test(row!);
    expect(kept, code).toBe(
      problems[code].retryable || [401, 403, 404, 405, 413].includes(problems[code].status),
    );
  }
});

async function startRefusing(env: Record<string, string> = {}): Promise<HttpSide> {
  const side = await startHttpSide({ RETRY_AFTER_MAX_MS: '1000', ...env });
  side.outcome = 'unknown';
  return side;
}

async function refusedOnce(side: HttpSide): Promise<void> {
  await vi.waitUntil(() => side.appended.length > 0, 60_000);
  side.outcome = 'written';
}

function expectSameEvents(heard: readonly Heard[], tries: number, events: number): void {
  expect(heard).toHaveLength(tries);
  const sent = heard.map(({ headers, body }) => ({
    key: headers['x-partition-key'],
    ids: [...body.matchAll(/"event_id": ?"([^"]+)"/g)].map(([, id]) => id),
  }));
  expect(sent[0]!.ids).toHaveLength(events);
  for (const each of sent) expect(each).toEqual(sent[0]);
  const waits = heard.slice(1).map(({ atMs }, n) => atMs - heard[n]!.atMs);
  expect(Math.min(...waits)).toBeGreaterThan(450); // half of the first wait, at least
}

function expectSentTwice(side: HttpSide, events: number): void {
  expect(side.appended).toHaveLength(2);
  const [first, second] = [idsOf(side, 0), idsOf(side, 1)];
  expect(first).toHaveLength(events);
  expect(second).toEqual(first);
  expect(side.appended[0]!.record.key).toEqual(side.appended[1]!.record.key);
}

/** Of the events of one request, which must all be clean, with an id that they brought along. */
function idsOf(side: HttpSide, index: number): string[] {
  const { value, headers } = side.appended[index]!.record;
  const named = new Map(headers!.map(([name, text]) => [String(name), String(text)]));
  const pipeline = createPipeline(builtInCatalogue);
  const body = Buffer.from(value!);
  const hint = named.get('format-hint') as FormatHint;
  const split = pipeline.split(body, hint, named.get('content-type') ?? null);
  if (split.kind === 'rejected') throw new Error(`${split.reason}: ${split.detail}`);
  return split.items.map((item) => {
    const outcome = pipeline.process(item, {
      ...{ tenant: 'default', receivedAtMs: Date.now(), sentAtMs: null, userAgent: null, dc: 'fra' },
      ...{ receiver: 'r', requestId: 'q', topic: 'events.raw', partition: 0, offset: 0 },
    });
    if (outcome.kind !== 'clean') throw new Error(JSON.stringify(outcome));
    const id = formatUuid(Buffer.from(outcome.event.event_id));
    expect(String(body)).toContain(id);
    return id;
  });
}
