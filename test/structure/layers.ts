/**
 * Folders that are layers, lowest first: each imports only those before it. The files directly in the
 * parent stand beside them: they name what several layers share (errors, configuration), or put the layers
 * together.
 */
export const layersOf: Readonly<Record<string, readonly string[]>> = {
  'packages/events/src': [
    'model',
    'address',
    'avro',
    'catalogue',
    'json',
    'formats',
    'normalise',
    'split',
    'fixes',
    'fast',
    'pipeline',
    'check',
    'samples',
    'hostile',
  ],
  'packages/input-filter/src': [
    'dedup',
    'geo',
    'position',
    'request',
    'partition',
    'thread',
    'replay',
    'commands',
  ],
  'packages/kafka/src': [
    'compression',
    'bytes',
    'errors',
    'requests',
    'connection',
    'cluster',
    'positions',
    'produce',
    'transaction',
    'fetch',
    'group',
    'admin',
  ],
  'packages/prober/src': ['account', 'probe', 'alert', 'watch', 'page', 'commands'],
  'packages/receiver/src': ['api', 'access', 'raw', 'request', 'http'],
  'packages/runner/src': ['run', 'stop', 'doctor'],
  'infra/demo/src': ['samples', 'pipeline', 'verdict', 'show'],
  'packages/mirror/src': ['copy', 'link', 'shard', 'commands'],
  'test/load/src': ['plan', 'send', 'verify', 'commands'],
  'test/broker/src': ['broker', 'tool', 'jvm', 'container'],
};
