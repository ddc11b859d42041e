import { writeFile } from 'node:fs/promises';
import { sendPage, type SendRecord } from './send-page.ts';

/** The page, and beside it the same as figures. */
export async function writeSendReport(htmlFile: string, record: SendRecord): Promise<void> {
  const { outcome, history, watch, options } = record;
  const { acknowledged, bytes, resends, p50, p99 } = history;
  const figures = {
    ...{ urls: options.urls, ...outcome },
    /** Points of [second, value]. */
    perSecond: { acknowledged, megabytes: bytes, resends, p50Ms: p50, p99Ms: p99 },
    processes: watch.samples,
    marks: watch.marks,
  };
  await writeFile(htmlFile, sendPage(record));
  await writeFile(jsonFileBeside(htmlFile), `${JSON.stringify(figures, undefined, 2)}\n`);
}

export function jsonFileBeside(htmlFile: string): string {
  return `${htmlFile.replace(/\.html?$/i, '')}.json`;
}
