import { serviceCommand } from '@penstock/test-process';
import type { FilterContender } from './contender.ts';

/** With its defaults: GeoIP, zstd, batches of 900 KiB. */
export function penstockContender(): FilterContender {
  return {
    name: 'Penstock Input Filter',
    launch: async (bootstrap, topics) => ({
      command: serviceCommand('input-filter'),
      env: {
        PENSTOCK_KAFKA_BOOTSTRAP: bootstrap.join(','),
        PENSTOCK_KAFKA_SINGLE_REPLICA: 'allowed',
        PENSTOCK_FILTER_OPERATIONS_LISTEN: '127.0.0.1:0',
        PENSTOCK_FILTER_RAW_TOPIC: topics.raw,
        PENSTOCK_FILTER_CLEAN_TOPIC: topics.clean,
        PENSTOCK_FILTER_REJECTED_TOPIC: topics.rejected,
        PENSTOCK_FILTER_SEEN_TOPIC: topics.seen,
        PENSTOCK_FILTER_GROUP: topics.group,
        PENSTOCK_FILTER_INSTANCE: 'bench',
      },
    }),
  };
}
