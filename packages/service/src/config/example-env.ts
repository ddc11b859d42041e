import type { Knob, Knobs } from './knobs.ts';
import { knobsOf } from './read-config.ts';

const columnsMax = 110;

/**
 * The text of a package's `example.env`: every knob with its reason, unit, range and default. Each package
 * holds its file to this by a test, so that the file cannot rot:
 *
 *     await expect(exampleEnv('Receiver', receiverKnobs)).toMatchFileSnapshot('../example.env');
 */
export function exampleEnv(title: string, knobs: Knobs): string {
  const head = `# ${title}: every knob. A line that is commented out shows the default.\n`;
  return [head, ...knobsOf(knobs).map(paragraph)].join('\n');
}

function paragraph(knob: Knob<unknown>): string {
  const remark = knob.required ? '; required' : knob.example && `; e.g. ${knob.example}`;
  const shape = `${knob.unit}; ${knob.range}${remark}`;
  return `${comment(knob.why)}\n${comment(shape)}\n${assignment(knob)}\n`;
}

/** Lines of at most 110 columns, broken between words. */
function comment(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined || line.length + word.length + 1 > columnsMax) lines.push(`# ${word}`);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines.join('\n');
}

function assignment(knob: Knob<unknown>): string {
  if (knob.required) return `${knob.name}=${knob.example}`;
  return `#${knob.name}=${knob.fallback === undefined ? '' : knob.show(knob.fallback)}`;
}
