interface Message {
  id?: number;
  sessionId?: string;
  method?: string;
  params?: { sessionId?: string };
  result?: Record<string, unknown>;
  error?: { message: string };
}

/** Commands to a browser, and its events (https://chromedevtools.github.io/devtools-protocol). */
export class DevTools {
  readonly #socket: WebSocket;
  readonly #open = new Map<
    number,
    { resolve(result: Record<string, unknown>): void; reject(e: Error): void }
  >();
  readonly #events: { method: string; sessionId: string; resolve(): void }[] = [];
  #calls = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#heard(JSON.parse(String(data)) as Message));
    socket.addEventListener('close', () => {
      for (const { reject } of this.#open.values()) reject(new Error('the browser has ended'));
      this.#open.clear();
    });
  }

  /** Rejects with what the browser says, or when it ends. */
  call(method: string, params: object = {}, sessionId?: string): Promise<Record<string, unknown>> {
    const id = ++this.#calls;
    const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>();
    this.#open.set(id, { resolve, reject });
    this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) }));
    return promise;
  }

  /** The next event of this kind, in a session or about it. */
  next(method: string, sessionId: string): Promise<void> {
    return new Promise((resolve) => this.#events.push({ method, sessionId, resolve }));
  }

  close(): void {
    this.#socket.close();
  }

  #heard({ id, method, params, sessionId = params?.sessionId, result, error }: Message): void {
    if (id === undefined) {
      const at = this.#events.findIndex((each) => each.method === method && each.sessionId === sessionId);
      if (at >= 0) this.#events.splice(at, 1)[0]!.resolve();
      return;
    }
    const call = this.#open.get(id);
    this.#open.delete(id);
    if (error) call?.reject(new Error(error.message));
    else call?.resolve(result ?? {});
  }
}

/** Settles once connected. */
export async function connectDevTools(url: string): Promise<DevTools> {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', () => reject(new Error('Chromium does not talk')), { once: true });
  });
  return new DevTools(socket);
}
