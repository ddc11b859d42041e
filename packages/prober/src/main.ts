import '@penstock/service/node-version'; // first: an older Node cannot read the rest

const { runProgram } = await import('@penstock/service');
const { once } = await import('./commands/once.ts');
const { verify } = await import('./commands/verify.ts');
const { checkConfig, knobs, prefix } = await import('./config.ts');
const { startProber } = await import('./start-prober.ts');

await runProgram({
  name: 'prober',
  about: 'sends marked events through every datacenter and says what was lost, doubled, late or changed',
  prefix,
  knobs,
  checkConfig,
  start: startProber,
  commands: { once, verify },
});
