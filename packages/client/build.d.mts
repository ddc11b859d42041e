/** Bundles and minifies the client, as one module for browsers. */
export function bundleClient(): Promise<Uint8Array>;
