/** One condition under which all contenders are measured. */
export interface Workload {
  readonly eventsPerRequest: number;
  readonly connections: number;
  /** Half of what the slowest contender takes, or as fast as they go. */
  readonly load: 'half' | 'full';
}

export interface Part {
  readonly title: string;
  readonly workloads: readonly Workload[];
  /** What tells its rows apart. */
  label(workload: Workload): string;
}

export const connectionsMax = 10_000;

const full = { connections: 64, load: 'full' } as const;
const half = { connections: 256, load: 'half' } as const;

export const parts: Readonly<Record<string, Part>> = {
  cost: {
    title: 'Cost by events a request',
    workloads: [1, 10, 100, 500].map((eventsPerRequest) => ({ ...full, eventsPerRequest })),
    label: ({ eventsPerRequest }) => `${eventsPerRequest} a request`,
  },
  latency: {
    title: 'Latency at half load',
    workloads: [1, 100].map((eventsPerRequest) => ({ ...half, eventsPerRequest })),
    label: ({ eventsPerRequest }) => `${eventsPerRequest} a request`,
  },
  connections: {
    title: 'Cost by connections, one event a request',
    workloads: [10, 1_000, connectionsMax].map((connections) => ({
      ...full,
      eventsPerRequest: 1,
      connections,
    })),
    label: ({ connections }) => `${connections} connections`,
  },
};
