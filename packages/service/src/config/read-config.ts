import { ConfigError } from '../errors.ts';
import { isKnob, readText, type ConfigOf, type Knob, type Knobs } from './knobs.ts';
import { unknownNames } from './unknown-names.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ReadConfigOptions<K extends Knobs> {
  env?: Environment;
  /**
   * The families of which every name must be one of the knobs, e.g. `PENSTOCK_FILTER_`. Names that belong
   * to no known family are refused, too. Without it nothing is.
   */
  prefixes?: readonly string[];
  /** Rules over several knobs; each string is one problem. Runs only when every knob could be read. */
  check?(config: ConfigOf<K>): readonly string[];
}

/**
 * Reads all knobs from the environment. Throws one ConfigError with every problem.
 * A variable that is set but empty is a problem, except that it means "none" for an optional knob.
 */
export function readConfig<K extends Knobs>(knobs: K, o: ReadConfigOptions<K> = {}): ConfigOf<K> {
  const env = o.env ?? process.env;
  const problems = o.prefixes ? unknownNames(Object.keys(env), namesOf(knobs), o.prefixes) : [];
  const config = readTree(knobs, env, problems) as ConfigOf<K>;
  if (problems.length === 0) problems.push(...(o.check?.(config) ?? []));
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/**
 * The configuration of a service: every name of its family, and of Kafka's where it has such knobs, must be
 * one of its knobs.
 */
export function readServiceConfig<K extends Knobs>(
  service: { prefix: string; knobs: K; checkConfig?(config: ConfigOf<K>): readonly string[] },
  env?: Environment,
): ConfigOf<K> {
  const { prefix, knobs } = service;
  // A service with knobs of its own for each cluster shares the environment with others that read
  // PENSTOCK_KAFKA_.
  const kafka = knobsOf(knobs).some((knob) => knob.name.startsWith('PENSTOCK_KAFKA_'));
  return readConfig(knobs, {
    ...(env && { env }),
    prefixes: kafka ? [prefix, 'PENSTOCK_KAFKA_'] : [prefix],
    check: (config) => service.checkConfig?.(config) ?? [],
  });
}

function namesOf(knobs: Knobs): string[] {
  return knobsOf(knobs).flatMap((knob) => (knob.secret ? [knob.name, `${knob.name}_FILE`] : [knob.name]));
}

/** All knobs of a tree in the order they were declared. */
export function knobsOf(knobs: Knobs): Knob<unknown>[] {
  return Object.values(knobs).flatMap((entry) => (isKnob(entry) ? [entry] : knobsOf(entry)));
}

/** Name -> value as text, for the one log line at start. Only declared knobs, and never a secret's value. */
export function effectiveConfig(knobs: Knobs, config: unknown): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [key, entry] of Object.entries(knobs)) {
    const value = (config as Record<string, unknown>)[key];
    if (!isKnob(entry)) Object.assign(shown, effectiveConfig(entry, value));
    else shown[entry.name] = value === undefined ? '(not set)' : entry.show(value);
  }
  return shown;
}

function readTree(knobs: Knobs, env: Environment, problems: string[]): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(knobs)) {
    values[key] = isKnob(entry) ? readKnob(entry, env, problems) : readTree(entry, env, problems);
  }
  return values;
}

function readKnob(knob: Knob<unknown>, env: Environment, problems: string[]): unknown {
  try {
    const value = rawValue(knob, env);
    if (value === undefined || (value === '' && isOptional(knob))) {
      if (knob.required) throw new Error(`is not set (${knob.unit}, ${knob.range})`);
      return knob.fallback;
    }
    if (value === '') throw new Error('is set but empty');
    return knob.parse(value);
  } catch (error) {
    const name = error instanceof SecretFileError ? `${knob.name}_FILE` : knob.name;
    problems.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

function isOptional(knob: Knob<unknown>): boolean {
  return !knob.required && knob.fallback === undefined;
}

function rawValue(knob: Knob<unknown>, env: Environment): string | undefined {
  const value = env[knob.name]?.trim();
  const path = knob.secret ? env[`${knob.name}_FILE`] : undefined;
  if (path === undefined) return value;
  if (value !== undefined) throw new Error(`and ${knob.name}_FILE are both set; set one`);
  return readSecret(path).replace(/\r?\n$/, '');
}

/** Told under the name of the variable that holds the path. */
class SecretFileError extends Error {
  override name = 'SecretFileError';
}

function readSecret(path: string): string {
  try {
    return readText(path);
  } catch (cause) {
    throw new SecretFileError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
