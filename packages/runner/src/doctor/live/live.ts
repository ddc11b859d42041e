import { findSupervisor } from './live-supervisor.ts';
import { programOf, readAncestry, type LiveProcess } from './live-process.ts';
import type { Hop, OnTerm } from '../verdict/hop.ts';
import { inits } from '../command/programs.ts';
import type { Remark, Situation } from '../verdict/situation.ts';
import { unwrap } from '../command/unwrap.ts';

/** Walks from a running service up to whoever supervises it. Throws when there is no such process. */
export function readLiveSituation(pid: number): Situation {
  const ancestry = readAncestry(pid);
  const { noService } = ancestry[0]!;
  if (noService !== undefined) throw new Error(notAService[noService]);
  const { supervisor, depth, remarks } = findSupervisor(ancestry);
  const service = ancestry[0]!;
  const hops = ancestry.slice(1, depth).reverse().map(hopOf);
  return {
    subject: `process ${pid}`,
    supervisor,
    chains: [{ condition: undefined, chain: { hops, service: service.command } }],
    remarks: [...remarks, ...remarksOn(service, ancestry.slice(1, depth))],
    rests: [
      { basis: 'measured', text: `/proc of ${depth} processes, from ${programOf(service)} [${pid}] upwards` },
    ],
  };
}

const notAService = {
  ended: 'it has ended, and only waits for its parent to take note: nothing to stop',
  kernel: 'it is a thread of the kernel, and no service: no signal stops it',
} as const;

/** What is still there as a parent has not replaced itself: a shell that could have, has not. */
function hopOf(process: LiveProcess): Hop {
  const known = unwrap([programOf(process), ...process.command.slice(1)], 'dash').hops[0];
  const name = `${known?.name ?? programOf(process)} [${process.pid}]`;
  if (known && known.onTerm !== 'replaces' && known.onTerm !== 'opaque') return { ...known, name };
  const onTerm: OnTerm = process.term === 'handled' ? 'unknown' : 'dies-alone';
  const because = {
    handled: 'whether it tells its child is its own affair',
    ignored: 'ignores TERM',
    default: 'is ended by TERM, and does not hand it on',
  }[process.term];
  const settle =
    onTerm === 'unknown' ? `strace -f -e trace=kill -p ${process.pid}, and send it TERM` : undefined;
  return { name, onTerm, because, ...(settle && { settle }) };
}

function remarksOn(service: LiveProcess, between: readonly LiveProcess[]): Remark[] {
  const remarks: Remark[] = [];
  const name = programOf(service);
  if (service.term === 'ignored' || service.termBlocked) {
    const how = service.term === 'ignored' ? 'ignores' : 'blocks';
    remarks.push({
      kind: 'wrong',
      text: `${name} [${service.pid}] itself ${how} TERM: it is killed when the supervisor's patience ends`,
      mend:
        'whatever started it passed that on (nohup, a shell with a trap): ' +
        'penstock-run sets signals back to default',
    });
  } else if (service.term === 'default') {
    const text =
      service.innerPid === 1
        ? 'does not handle TERM, and as process 1 of its namespace it never gets it'
        : 'does not handle TERM: it ends at once, with nothing flushed';
    remarks.push({
      kind: service.innerPid === 1 ? 'wrong' : 'note',
      text: `${name} [${service.pid}] ${text}`,
    });
  }
  const init = between.find((process) => inits.has(programOf(process)));
  if (init && !init.mayKillOthers && init.uid !== service.uid) {
    remarks.push({
      kind: 'wrong',
      text:
        `${programOf(init)} [${init.pid}] lacks the capability KILL and cannot pass TERM on to user ` +
        `${service.uid}: it ends, and the service with it, never told`,
      mend: 'cap_add: [KILL]',
    });
  }
  return remarks;
}
