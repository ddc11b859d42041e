import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** A question with a body, which a service answers on its operations listener. */
export interface PostPage {
  /** A longer body is answered 413, before it is read where its length is said. */
  readonly bodyBytesMax: number;
  answer(asked: PostRequest): Promise<PostAnswer>;
}

export interface PostRequest {
  readonly headers: IncomingHttpHeaders;
  readonly query: URLSearchParams;
  readonly body: Buffer;
}

export interface PostAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body: string;
}

/** By path. */
export type PostPages = Readonly<Record<string, PostPage>>;

/**
 * The page's answer. A page of a stranger that makes a browser post here is refused: browsers say where such
 * a request comes from, and no tool of an operator does.
 */
export async function answerPost(request: IncomingMessage, page: PostPage): Promise<PostAnswer> {
  const { headers, url = '' } = request;
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) {
    return problem(403, 'not for browsers');
  }
  const body = await bodyOf(request, page.bodyBytesMax);
  if (body === undefined) return problem(413, `the body may have ${page.bodyBytesMax} bytes`);
  const start = url.indexOf('?');
  const query = new URLSearchParams(start === -1 ? '' : url.slice(start));
  return page.answer({ headers, query, body });
}

export function problem(status: number, error: string, headers: Record<string, string> = {}): PostAnswer {
  return { status, headers, body: `${JSON.stringify({ error })}\n` };
}

/** Undefined when it is too long: what follows is not read. Rejects when the client goes away. */
async function bodyOf(request: IncomingMessage, bytesMax: number): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) return undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
