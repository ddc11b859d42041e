import '@penstock/service/node-version'; // first: an older Node cannot read the rest

const { runProgram } = await import('@penstock/service');
const { commands, flags } = await import('./commands/commands.ts');
const { checkConfig, knobs, prefix } = await import('./config.ts');
const { startMirror } = await import('./mirror.ts');

await runProgram({
  name: 'mirror',
  about: 'copies the topics of one cluster to another, each record once',
  prefix,
  knobs,
  checkConfig,
  labels: ({ link }) => ({ link }),
  start: startMirror,
  commands,
  flags,
});
