/** What a service's /metrics say of it at a moment. */
export interface ProcessReading {
  /** `receiver`, `input_filter`, `mirror`, as its metrics are named. */
  service: string;
  /** The greatest of its partitions; undefined where it has none, as a Receiver. */
  lagSeconds: number | undefined;
  cpuSeconds: number;
  memoryBytes: number;
  /** Since when it has been running: another number means that it was started anew. */
  startedAt: number;
}

/** `operations` is `http://host:port`. Rejects in words when nothing of Penstock answers there. */
export async function readProcess(operations: string, timeoutMs = 5_000): Promise<ProcessReading> {
  const answer = await fetch(`${operations}/metrics`, { signal: AbortSignal.timeout(timeoutMs) }).catch(
    (cause: unknown) => {
      throw new Error(`${operations}/metrics does not answer: is it an operations listener?`, { cause });
    },
  );
  if (!answer.ok) throw new Error(`${operations}/metrics answers ${answer.status}`);
  return parseReading(await answer.text(), operations);
}

export function parseReading(exposition: string, operations: string): ProcessReading {
  const [, service] = /^penstock_([a-z_]+)_build_info\{/m.exec(exposition) ?? [];
  if (service === undefined) throw new Error(`${operations}/metrics is not that of a Penstock service`);
  const values = (name: string): number[] =>
    [...exposition.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, 'gm'))].map(([, value]) =>
      Number(value),
    );
  const lags = values(`penstock_${service}_lag_seconds`);
  return {
    service,
    lagSeconds: lags.length === 0 ? undefined : Math.max(...lags),
    cpuSeconds: values('process_cpu_seconds_total')[0] ?? 0,
    memoryBytes: values('process_resident_memory_bytes')[0] ?? 0,
    startedAt: values('process_start_time_seconds')[0] ?? 0,
  };
}
