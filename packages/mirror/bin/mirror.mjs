#!/usr/bin/env node
// Plain JavaScript, so that any Node can say that it is too old: some do not read TypeScript at all.
import '@penstock/service/node-version';

await import('../src/main.ts');
