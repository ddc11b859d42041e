import { readFileSync } from 'node:fs';
import { hasControllingTerminal, readProcessStatus, type ProcessStatus } from '../process-status.ts';

/** What the Runner finds itself to be when it starts. */
export interface Caller {
  pid: number;
  status: ProcessStatus;
  terminal: boolean;
  folder: string;
  environment: Readonly<Record<string, string | undefined>>;
}

export function observeCaller(): Caller {
  return {
    pid: process.pid,
    status: readProcessStatus(),
    terminal: hasControllingTerminal(readFileSync('/proc/self/stat', 'utf8')),
    folder: process.cwd(),
    environment: { ...process.env },
  };
}
