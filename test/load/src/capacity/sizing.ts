import type { ProcessReading } from '../watch/read-process.ts';

/** What the processes of one service took for one rate. */
export interface ServiceCost {
  service: string;
  processes: number;
  /** CPU seconds for each event, all of its processes together. */
  cpuPerEvent: number;
  /** Of the largest one. */
  memoryBytes: number;
}

/** How much of a core a process may take in a plan: the rest is for peaks, and for a neighbour's work. */
const plannedShare = 0.6;

export function costsOf(
  before: readonly ProcessReading[],
  after: readonly ProcessReading[],
  events: number,
): ServiceCost[] {
  const services = [...new Set(after.map(({ service }) => service))];
  return services.map((service) => {
    const mine = after.flatMap((now, index) => {
      const earlier = before[index];
      return now.service === service && earlier ? [{ now, earlier }] : [];
    });
    const cpu = mine.reduce((sum, { now, earlier }) => sum + now.cpuSeconds - earlier.cpuSeconds, 0);
    return {
      service,
      processes: mine.length,
      cpuPerEvent: cpu / Math.max(1, events),
      memoryBytes: Math.max(...mine.map(({ now }) => now.memoryBytes)),
    };
  });
}

/** Processes of one core each that a rate needs, by the CPU that each event took here. */
export function processesFor({ cpuPerEvent }: ServiceCost, eventsPerSecond: number): number {
  return Math.max(1, Math.ceil((eventsPerSecond * cpuPerEvent) / plannedShare));
}

export function describeSizing(costs: readonly ServiceCost[], eventsPerSecond: number): string {
  const rows = costs.map((cost) => {
    const name = cost.service.replaceAll('_', '-').padEnd(13);
    const micros = (cost.cpuPerEvent * 1e6).toFixed(0).padStart(6);
    const memory = (cost.memoryBytes / 1e6).toFixed(0).padStart(5);
    const wanted = String(processesFor(cost, eventsPerSecond)).padStart(4);
    return `${name}${micros} microseconds of CPU an event  ${memory} MB  ${wanted} processes`;
  });
  return [
    `For ${eventsPerSecond} events/s, with ${plannedShare * 100} % of a core for each process:`,
    ...rows.map((row) => `  ${row}`),
    '  Brokers are not counted. For comparison only: the production pipeline that Penstock is modelled on',
    '  ran 11, 11 and 20 processes of its three services, under its own load and on its own machines.',
    '',
  ].join('\n');
}
