import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chaosPage } from './chaos-page.ts';
import type { ChaosReport } from './chaos-report.ts';

/** report.html and report.json; the paths of both. */
export async function writeReport(folder: string, report: ChaosReport): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const [html, json] = [join(folder, 'report.html'), join(folder, 'report.json')];
  await writeFile(html, chaosPage(report));
  await writeFile(json, `${JSON.stringify(report, undefined, 1)}\n`);
  return [html, json];
}
