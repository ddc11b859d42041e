/**
 * Node ignores SIGPIPE and SIGXFSZ, and what is ignored stays so over the exec (nodejs/node#13662): the service would never notice a closed
 * pipe. A handler that comes and goes leaves the default. All other signals Node has reset itself at its start, whatever the caller
 * ignored or blocked. The last step before the exec: from here on a message to a closed stderr would kill the Runner.
 */
export function resetSignals(): void {
  const nothing = () => {};
  for (const signal of ['SIGPIPE', 'SIGXFSZ'] as const) {
    process.on(signal, nothing);
    process.off(signal, nothing);
  }
}
