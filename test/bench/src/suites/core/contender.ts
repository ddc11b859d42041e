import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Launch, MeasuredProcess } from '../../measured-process.ts';
import type { Job, JobReport } from './clients/client-process.ts';

/** A client that takes part in a measurement, each job in a process of its own. */
export interface Contender {
  readonly name: string;
  /** Why it cannot take part. */
  readonly skipped?: string | undefined;
  /** What the job needs that is not to be measured. */
  prepare?(job: Job): Promise<void>;
  launch(job: Job): Launch;
  /** What the process said of itself. */
  report(process: MeasuredProcess): JobReport;
}

/** A file in clients/ that runs in the same Node as we do. */
export function nodeContender(name: string, file: string): Contender {
  const script = join(import.meta.dirname, 'clients', file);
  return {
    name,
    launch: (job) => ({
      command: process.execPath,
      args: ['--disable-warning=TimeoutNegativeWarning', script, JSON.stringify(job)],
    }),
    report: ({ stdout }) => JSON.parse(stdout) as JobReport,
  };
}

export const penstock = nodeContender('Penstock', 'penstock.ts');
export const kafkajs = nodeContender(`kafkajs ${versionOf('kafkajs')}`, 'kafkajs.ts');
export const platformatic = nodeContender(
  `@platformatic/kafka ${versionOf('@platformatic/kafka')}`,
  'platformatic.ts',
);

function versionOf(dependency: string): string {
  const file = join(import.meta.dirname, '../../../../../node_modules', dependency, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
