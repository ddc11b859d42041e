import type { Suite } from './suite.ts';
import { core } from './suites/core/core.ts';
import { filter } from './suites/filter/filter.ts';
import { mirror } from './suites/mirror/mirror.ts';
import { night } from './suites/night/night.ts';
import { receiver } from './suites/receiver/receiver.ts';
import { runner } from './suites/runner/runner.ts';

/** In the order of the report. */
export const suites: readonly Suite[] = [core, receiver, filter, mirror, night, runner];
