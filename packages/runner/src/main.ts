#!/usr/bin/env node
import { dispatch } from './commands.ts';

// Printing a warning would open process.stderr, which sets O_NONBLOCK on a pipe that the service inherits:
// see say.ts.
process.removeAllListeners('warning');
void dispatch(process.argv.slice(2));
