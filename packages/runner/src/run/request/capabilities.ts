/** As /proc/PID/status counts them: capability(7). */
const bits = { net_bind_service: 10, net_raw: 13, ipc_lock: 14, sys_nice: 23 } as const;

/**
 * What a service may be given. The others are as good as root, or lead there: setuid, dac_override,
 * sys_ptrace, sys_admin ...
 */
export type Capability = keyof typeof bits;

/** `net_bind_service,ipc_lock`. Returns the problem as a string. */
export function parseCapabilities(text: string): Capability[] | string {
  const names = text.split(',');
  const wrong = names.find((name) => !Object.hasOwn(bits, name));
  return wrong === undefined
    ? (names as Capability[])
    : `--ambient-caps ${JSON.stringify(wrong)}: one of ${Object.keys(bits).join(', ')}; ` +
        'others would be as good as root';
}

export function capabilityMask(names: readonly Capability[]): bigint {
  return names.reduce((mask, name) => mask | (1n << BigInt(bits[name])), 0n);
}
