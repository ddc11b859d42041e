import { readProcessStat, readProcessStatus, type ProcessStatus } from '../../process-status.ts';

/** What the Runner finds itself to be when it starts. */
export interface Caller {
  pid: number;
  status: ProcessStatus;
  terminal: boolean;
  environment: Readonly<Record<string, string | undefined>>;
}

export function observeCaller(): Caller {
  return {
    pid: process.pid,
    status: readProcessStatus(),
    terminal: readProcessStat('self')?.terminal ?? true,
    environment: { ...process.env },
  };
}
