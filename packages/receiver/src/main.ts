import '@penstock/service/node-version'; // first: an older Node cannot read the rest

const { runProgram } = await import('@penstock/service');
const { keysCommands } = await import('./access/keys-commands.ts');
const { checkConfig, knobs, prefix } = await import('./config.ts');
const { startReceiver } = await import('./receiver.ts');

await runProgram({
  name: 'receiver',
  about: 'takes events over HTTP, and answers 200 once Kafka has them',
  prefix,
  knobs,
  checkConfig,
  labels: ({ record }) => ({ dc: record.dc }),
  commands: keysCommands,
  start: startReceiver,
});
