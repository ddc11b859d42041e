import { isVariableName, type Variable } from '../request/env-file.ts';

const fixedPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What a service needs of its supervisor. */
const keptNames = [
  'LANG',
  'LC_*',
  'TZ',
  'TERM',
  'INVOCATION_ID',
  'JOURNAL_STREAM',
  'NOTIFY_SOCKET',
  'CREDENTIALS_DIRECTORY',
];

/** Of socket activation; only with --keep-fd, since without it the sockets themselves do not survive Node. */
const keptWithDescriptors = ['LISTEN_*'];

/**
 * Never taken over from the caller: root's HOME in the service's hands is gosu#3. --env can still set them.
 */
const ofTheUser = new Set(['HOME', 'USER', 'LOGNAME', 'SHELL']);

export interface EnvironmentSources {
  inherited: Readonly<Record<string, string | undefined>>;
  /** Patterns of --keep-env; `*` stands for any characters. */
  keep: readonly string[];
  keepsDescriptors: boolean;
  user: { name: string; home: string; shell: string };
  /** Of --env-from, then of --env: later ones win. */
  added: readonly Variable[];
}

/** The service's whole environment, and the names of the caller's variables that did not make it. */
export function makeEnvironment(from: EnvironmentSources): {
  environment: Record<string, string>;
  dropped: string[];
} {
  const kept = matcher([...keptNames, ...(from.keepsDescriptors ? keptWithDescriptors : []), ...from.keep]);
  const variables = new Map<string, string>([['PATH', fixedPath]]);
  const dropped: string[] = [];
  for (const [name, value] of Object.entries(from.inherited)) {
    if (value !== undefined && kept(name) && isVariableName(name) && !ofTheUser.has(name))
      variables.set(name, value);
    else dropped.push(name);
  }
  variables.set('HOME', from.user.home);
  variables.set('USER', from.user.name);
  variables.set('LOGNAME', from.user.name);
  variables.set('SHELL', from.user.shell);
  for (const [name, value] of from.added) variables.set(name, value);
  const set = (name: string) => variables.has(name);
  return { environment: Object.fromEntries(variables), dropped: dropped.filter((name) => !set(name)).sort() };
}

function matcher(patterns: readonly string[]): (name: string) => boolean {
  const sources = patterns.map((pattern) => pattern.split('*').map(RegExp.escape).join('.*'));
  const expression = new RegExp(`^(?:${sources.join('|')})$`, 's');
  return (name) => expression.test(name);
}
