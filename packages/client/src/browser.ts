import type { EventStorage } from './event-queue.ts';

/** What a page offers. Node has nothing of it, and not every browser and every page has all of it. */
interface Page {
  document?: Target & { visibilityState: string };
  addEventListener?: Target['addEventListener'];
  removeEventListener?: Target['removeEventListener'];
  localStorage?: EventStorage;
  navigator?: {
    onLine?: boolean;
    sendBeacon?(url: string, body: string): boolean;
    locks?: {
      request<T>(name: string, options: { signal: AbortSignal }, work: () => Promise<T>): Promise<T>;
    };
  };
  Request?: { prototype: object };
}

interface Target {
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

const page = (): Page => globalThis;

const isPage = (): boolean => page().document !== undefined;

/** Reading the property alone throws where a page may keep nothing. */
export function pageStorage(): EventStorage | undefined {
  if (!isPage()) return undefined;
  try {
    return page().localStorage;
  } catch {
    return undefined;
  }
}

/** Whether requests can outlive the page and still be answered to it, should it live on. */
export const canOutlive = (): boolean => isPage() && 'keepalive' in (page().Request?.prototype ?? {});

/** Whether the browser knows that there is no network. The opposite it may only believe. */
export const isOffline = (): boolean => isPage() && page().navigator?.onLine === false;

/** False when the browser does not take it. There is never an answer. */
export const sendBeacon = (url: string, body: string): boolean =>
  page().navigator?.sendBeacon?.(url, body) ?? false;

/**
 * Does the work alone among the tabs of a site. A tab that dies lets go. Without locks (plain http, opaque
 * origins) tabs work side by side: they may send the same event twice within moments, which is recognised by
 * its id. Aborting gives up the wait for the lock.
 */
export async function alone<T>(
  name: string,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const locks = isPage() ? page().navigator?.locks : undefined;
  if (!locks) return work();
  let begun = false;
  try {
    return await locks.request(name, { signal }, () => {
      begun = true;
      return work();
    });
  } catch (error) {
    if (begun) throw error;
    // Given up, or refused, as in a sandboxed frame.
    return signal.aborted ? undefined : work();
  }
}

export interface PageEvents {
  /** The page may end without another word. */
  onHide(): void;
  /** The network or the page is back. */
  onWake(): void;
}

/** Returns how to stop listening. Does nothing outside a page. */
export function watchPage({ onHide, onWake }: PageEvents): () => void {
  const { document } = page();
  if (!document) return () => {};
  const onVisibility = (): void => (document.visibilityState === 'hidden' ? onHide() : onWake());
  const listeners: [Target | Page, string, () => void][] = [
    [page(), 'online', onWake],
    [page(), 'pageshow', onWake],
    // Mobile systems end hidden pages without `pagehide`; Safari has it without `visibilitychange`.
    [page(), 'pagehide', onHide],
    [document, 'visibilitychange', onVisibility],
  ];
  for (const [target, type, listener] of listeners) target.addEventListener?.(type, listener);
  return () => {
    for (const [target, type, listener] of listeners) target.removeEventListener?.(type, listener);
  };
}
