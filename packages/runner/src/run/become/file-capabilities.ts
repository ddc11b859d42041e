import { readProcessStatus } from '../../process-status.ts';
import { askTool } from '../../trusted-tool.ts';
import type { Plan } from '../plan/plan.ts';
import { capabilityMask } from '../request/capabilities.ts';

/** In the order of their bits: linux/capability.h. */
const capabilityNames = (
  'chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable ' +
  'net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot ' +
  'sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease ' +
  'audit_write audit_control setfcap mac_override mac_admin syslog wake_alarm block_suspend audit_read ' +
  'perfmon bpf checkpoint_restore'
).split(' ');

/**
 * Capabilities that the file demands (setcap ...+ep) and that the service's bounding set has not got, as in a
 * container with dropped ones: execve(2) says EPERM then, also under no_new_privs. Node cannot read them, so
 * getcap does, where it is installed. Empty when all is well, or when that is not known.
 */
export function missingFileCapabilities({ ambient }: Plan, program: string): string[] {
  const bounding = ambient ? capabilityMask(ambient.capabilities) : readProcessStatus().capabilities.bounding;
  const missing = capabilityNames.filter((_, bit) => ((bounding >> BigInt(bit)) & 1n) === 0n);
  if (missing.length === 0) return [];
  const demanded = demandedCapabilities(askTool('getcap', ['--', program]) ?? '', program);
  return missing.filter((name) => demanded.includes(name));
}

/** Of `FILE cap_net_raw,cap_net_admin=ep`, or with libcap before 2.41 `FILE = cap_net_raw+ep`. */
export function demandedCapabilities(answer: string, program: string): string[] {
  if (!answer.startsWith(`${program} `)) return [];
  return answer
    .slice(program.length)
    .trim()
    .split(/\s+/)
    .flatMap((clause) => {
      const [, names = '', flags = ''] = /^([\w,]*)[=+]([eip]*)$/.exec(clause) ?? [];
      if (!flags.includes('e') || !flags.includes('p')) return [];
      return names === '' || names === 'all'
        ? capabilityNames
        : names.split(',').map((name) => name.replace(/^cap_/, ''));
    });
}
