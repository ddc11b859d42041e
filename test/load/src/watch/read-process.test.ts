import { expect, test } from 'vitest';
import { parseReading } from './read-process.ts';

const exposition = `# HELP process_cpu_seconds_total Total.
process_cpu_seconds_total 12.5
process_resident_memory_bytes 104857600
process_start_time_seconds 1795942897
penstock_input_filter_build_info{version="0.1.0",node="26.6.0"} 1
penstock_input_filter_lag_seconds{partition="0"} 0.4
penstock_input_filter_lag_seconds{partition="1"} 2.5
`;

test('the lag of a process is that of its worst partition', () => {
  expect(parseReading(exposition, 'http://127.0.0.1:1')).toEqual({
    service: 'input_filter',
    lagSeconds: 2.5,
    cpuSeconds: 12.5,
    memoryBytes: 104_857_600,
    startedAt: 1_795_942_897,
  });
});

test("a stranger's metrics are refused", () => {
  expect(() => parseReading('up 1\n', 'http://127.0.0.1:1')).toThrow('not that of a Penstock service');
});
