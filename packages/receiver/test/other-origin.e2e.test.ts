import { chromium, needsChromium, startBrowser, type Tab } from '@penstock/test-browser';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { startBlankSite } from './blank-site.ts';
import { startHttpSide, type HttpSide } from './http-side.ts';

// What a real browser makes of CORS and of beacons: the page is never of the Receiver's origin.

async function openTab(url: string): Promise<Tab> {
  const browser = await startBrowser(chromium!);
  onTestFinished(() => browser[Symbol.asyncDispose]());
  return browser.open(url);
}

/** What a page reads of the answer; a network error is all that it is told of what it may not read. */
const fetched = (tab: Tab, url: string, init: string) =>
  tab.evaluate(`fetch('${url}', { method: 'POST', ...${init} }).then(
    async (answer) =>
      [answer.status, (await answer.json()).code ?? 'stored', answer.headers.get('retry-after')],
    (error) => error.name)`);

const jsonHeaders = `{ 'content-type': 'application/json', 'x-partition-key': 'k' }`;
const asJson = `{ body: '[{"event_type":"a"}]', headers: ${jsonHeaders} }`;
const asText = `{ body: '{"event_type":"a"}' }`;

const event = '{"event_type":"a","event_id":"8a3f1c52-2f4e-4c7b-9d5a-0c1f6f3b7d21"}';

const beacons: [what: string, body: string, leave: boolean][] = [
  ['a string', `'${event}'`, false],
  ['an untyped Blob', `new Blob(['${event}'])`, false],
  ['URLSearchParams', `new URLSearchParams([['${event}', '']])`, false],
  ['a JSON Blob', `new Blob(['${event}'], { type: 'application/json' })`, true],
];

describe.skipIf(chromium === undefined)(`in a real browser${needsChromium}`, () => {
  test(`a page of a named origin asks first, then reads its 200, its problems and Retry-After`, async () => {
    const { origin } = await startBlankSite();
    const side = await startHttpSide({ CORS_ORIGINS: origin, RETRY_AFTER_MAX_MS: '1000' });
    const tab = await openTab(origin);
    expect(await fetched(tab, `${side.url}/v4/events`, asJson)).toEqual([200, 'stored', null]);
    side.outcome = 'unknown';
    expect(await fetched(tab, `${side.url}/v4/events`, asJson)).toEqual([503, 'kafka-late', '1']);
    expect(await fetched(tab, `${side.url}/v4/beacon`, asText)).toEqual([503, 'kafka-late', '1']);
    expect(await fetched(tab, `${side.url}/v4/none`, asText)).toEqual([404, 'not-found', null]);
    expect(side.appended).toHaveLength(3);
  });

  test(`a page of another origin reads nothing: what needs leave is not stored, a beacon is`, async () => {
    const { origin, otherOrigin } = await startBlankSite();
    const side = await startHttpSide({ CORS_ORIGINS: origin });
    const tab = await openTab(otherOrigin);
    expect(await fetched(tab, `${side.url}/v4/events`, asJson)).toBe('TypeError');
    expect(side.appended).toHaveLength(0);
    expect(await fetched(tab, `${side.url}/v4/beacon`, asText)).toBe('TypeError');
    expect(side.appended).toHaveLength(1);
  });

  test(`a beacon arrives whatever it is made of, up to 64 KiB`, async () => {
    const { origin } = await startBlankSite();
    const side = await startHttpSide({ CORS_ORIGINS: origin });
    const tab = await openTab(origin);
    const beacon = (body: string) =>
      tab.evaluate(`navigator.sendBeacon('${side.url}/v4/beacon?partition_key=k', ${body})`);
    for (const [index, [what, body]] of beacons.entries()) {
      expect(await beacon(body), what).toBe(true);
      await vi.waitUntil(() => side.appended.length === index + 1, 30_000);
      expect(String(side.appended[index]!.record.key), what).toBe('default:k');
    }
    expect(await beacon(`'x'.repeat(65_000)`)).toBe(true);
    await vi.waitUntil(() => side.appended.length === beacons.length + 1, 30_000);
    expect(await beacon(`'x'.repeat(65_537)`)).toBe(false);
  });

  test(`only a JSON Blob needs leave to be sent as a beacon`, async () => {
    const { otherOrigin } = await startBlankSite();
    const side: HttpSide = await startHttpSide();
    const tab = await openTab(otherOrigin);
    for (const [, body] of beacons)
      await tab.evaluate(`navigator.sendBeacon('${side.url}/v4/beacon', ${body})`);
    await tab.evaluate(`navigator.sendBeacon('${side.url}/v4/beacon', '{"event_type":"last"}')`);
    const isLast = () => side.appended.some(({ record }) => String(record.value).includes('last'));
    await vi.waitUntil(isLast, 30_000);
    expect(side.appended).toHaveLength(beacons.filter(([, , leave]) => !leave).length + 1);
  });
});
