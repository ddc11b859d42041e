import { basename } from 'node:path';
import type { Hop } from '../verdict/hop.ts';
import type { Step } from './step.ts';

const engines = new Set([
  'docker',
  'podman',
  'nerdctl',
  'lima',
  'buildah',
  'docker-compose',
  'podman-compose',
  'finch',
]);

/** What starts a container; `podman system service` and the like are programs of their own. */
const startingCommands = /^(run|start|restart|create|exec|play|kube|attach)$/;

/**
 * A container that a command starts is held by its engine: its process 1 is not a child of what the
 * supervisor holds.
 */
export function unwrapContainer(name: string, args: readonly string[]): Step | undefined {
  if (!engines.has(name)) return undefined;
  const words = args.filter((arg) => !arg.startsWith('-'));
  const compose = name.endsWith('compose') || words.includes('compose');
  if (!compose && !words.some((word) => startingCommands.test(word))) return undefined;
  const verb = compose ? 'compose up' : (words.find((word) => startingCommands.test(word)) ?? '');
  const because = compose
    ? 'starts containers, which their engine holds: each gets TERM, and KILL after its stop_grace_period'
    : 'starts a container, which its engine holds; what process 1 does in there stands in the image';
  const settle = compose
    ? 'doctor --compose FILE'
    : 'doctor --pid PID of the service in the running container';
  const hop: Hop = { name: `${basename(name)} ${verb}`.trim(), onTerm: 'opaque', because, settle };
  return { hop, inner: [], last: true };
}
