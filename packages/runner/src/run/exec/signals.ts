/**
 * Node ignores SIGPIPE and SIGXFSZ, and an ignored signal stays ignored over the exec (nodejs/node#13662):
 * the service would never notice a closed pipe. Adding and removing a handler leaves the default. Node
 * itself has reset the other signals up to 31 at its start, whatever the caller ignored or blocked;
 * real-time signals it leaves alone. This is the last step before the exec: from here on a message to a
 * closed stderr would kill the Runner.
 */
export function resetSignals(): void {
  const nothing = () => {};
  for (const signal of ['SIGPIPE', 'SIGXFSZ'] as const) {
    process.on(signal, nothing);
    process.off(signal, nothing);
  }
}
