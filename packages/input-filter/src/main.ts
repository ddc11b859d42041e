import '@penstock/service/node-version'; // first: an older Node cannot read the rest

const { runProgram } = await import('@penstock/service');
const { commands } = await import('./commands/commands.ts');
const { checkConfig, knobs, prefix } = await import('./config.ts');
const { startInputFilter } = await import('./input-filter.ts');

await runProgram({
  name: 'input-filter',
  about: 'turns raw requests into clean events, each once',
  prefix,
  knobs,
  checkConfig,
  start: startInputFilter,
  commands,
});
