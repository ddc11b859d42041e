/**
 * Folders that are layers, lowest first: each imports only those before it. The files directly in the
 * parent stand beside them: they name what several layers share (errors, configuration), or put the layers
 * together.
 */
export const layersOf: Readonly<Record<string, readonly string[]>> = {
  'packages/kafka/src': [
    'bytes',
    'requests',
    'cluster',
    'positions',
    'produce',
    'transaction',
    'fetch',
    'group',
    'admin',
  ],
  'infra/demo/src': ['samples', 'pipeline', 'verdict', 'show'],
  'packages/input-filter/src': ['dedup', 'geo', 'position', 'request', 'partition', 'thread', 'commands'],
  'packages/mirror/src': ['copy', 'link', 'shard', 'commands'],
  'test/broker/src': ['broker', 'tool', 'jvm', 'container'],
};
