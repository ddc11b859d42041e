import { serviceCommand, ServiceProcess } from '@penstock/test-process';
import { withFiles, type ReceiverContender } from './contender.ts';
import { connectionsMax } from './workloads.ts';

/**
 * With its defaults, but on a port that could be shared, as for one process of several, and with one
 * connection more than the largest workload has.
 */
export function penstockContender(): ReceiverContender {
  return {
    name: 'Penstock Receiver',
    shareOfConnect: () => undefined,
    async start({ bootstrap, topic, connections }) {
      await using starting = new AsyncDisposableStack();
      const receiver = starting.use(
        new ServiceProcess({
          name: 'the Receiver',
          command: withFiles(connections, serviceCommand('receiver')),
          env: {
            PATH: process.env['PATH'],
            PENSTOCK_KAFKA_BOOTSTRAP: bootstrap.join(','),
            PENSTOCK_KAFKA_SINGLE_REPLICA: 'allowed',
            PENSTOCK_RECEIVER_LISTEN: '127.0.0.1:0',
            PENSTOCK_RECEIVER_REUSE_PORT: 'true',
            PENSTOCK_RECEIVER_OPERATIONS_LISTEN: '127.0.0.1:0',
            PENSTOCK_RECEIVER_CONNECTIONS_MAX: String(connectionsMax + 1),
            PENSTOCK_RECEIVER_RAW_TOPIC: topic,
            PENSTOCK_RECEIVER_DC: 'bench',
            PENSTOCK_RECEIVER_INSTANCE: 'receiver-1',
            PENSTOCK_RECEIVER_KEY_SALT: 'a salt for the benchmark',
          },
        }),
      );
      await receiver.untilReady();
      const { address } = await receiver.said('taking events');
      starting.move(); // whoever called owns it now
      return { process: receiver, url: `http://${String(address)}/v4/events` };
    },
  };
}
