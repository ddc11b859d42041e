#!/usr/bin/env node
import { run } from './run.ts';

// Printing a warning would open process.stderr, which sets O_NONBLOCK on a pipe that the service inherits: see say.ts.
process.removeAllListeners('warning');
process.exitCode = run(process.argv.slice(2));
