import { sampleRequests, type SampleRequest } from '@penstock/events';
import { pause } from '../pause.ts';

/** A sample request, and how it was answered. */
export interface PostedSample {
  /** From 1, in the order of posting. */
  number: number;
  sample: SampleRequest;
  /** The number of the same request posted before: its events must be told to be duplicates. */
  copyOf: number | undefined;
  /** What X-Forwarded-For said. */
  address: string;
  /** 0: no answer. */
  status: number;
  /** Null for the pixel, which is answered by an image. */
  requestId: string | null;
  /** From the first byte sent to the whole answer. */
  answeredMs: number;
}

/** Public addresses (of registries, exchanges and resolvers), so that GeoIP has something to find. */
const addresses = [
  '193.0.6.139',
  '8.8.8.8',
  '133.242.0.3',
  '200.160.2.3',
  '2001:67c:2e8:22::c100:68b',
  '1.1.1.1',
];

/** The request that is posted twice, as a client does that got no answer to the first try. */
const twicePath = '/v3/batch';

/**
 * Posts the samples one after the other, with a pause between them as of separate clients. Their event ids
 * follow from `seed`: with one that was used before, within the de-duplication window, all of them are
 * duplicates.
 */
export async function postSamples(url: string, halt: AbortSignal, seed = 1): Promise<PostedSample[]> {
  const posted: PostedSample[] = [];
  const samples = sampleRequests({ nowMs: Date.now(), seed });
  const twice = samples.find(({ path }) => path === twicePath);
  for (const [index, sample] of samples.entries()) {
    const address = addresses[index % addresses.length] ?? '';
    const first = await post(url, sample, { address, number: posted.length + 1, copyOf: undefined, halt });
    posted.push(first);
    if (sample === twice) {
      posted.push(await post(url, sample, { address, number: first.number + 1, copyOf: first.number, halt }));
    }
    await pause(40, halt);
  }
  return posted;
}

async function post(
  url: string,
  sample: SampleRequest,
  o: { address: string; number: number; copyOf: number | undefined; halt: AbortSignal },
): Promise<PostedSample> {
  const { address, number, copyOf, halt } = o;
  const beganMs = performance.now();
  const answer = await fetch(new URL(sample.path, url), {
    method: sample.method,
    headers: {
      'x-forwarded-for': address,
      ...(sample.method === 'POST' && sample.contentType !== null && { 'content-type': sample.contentType }),
    },
    body: sample.method === 'POST' ? new Uint8Array(sample.body) : null,
    signal: halt,
  }).catch(() => undefined);
  halt.throwIfAborted();
  const text = await answer?.text();
  const answeredMs = performance.now() - beganMs;
  return {
    ...{ number, sample, copyOf, address, answeredMs },
    status: answer?.status ?? 0,
    requestId: requestIdOf(answer, text),
  };
}

function requestIdOf(answer: Response | undefined, text: string | undefined): string | null {
  if (!answer?.headers.get('content-type')?.includes('json')) return null;
  return (JSON.parse(text ?? '{}') as { request_id?: string }).request_id ?? null;
}
