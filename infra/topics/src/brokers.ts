import { kafkaConnection, kafkaKnobs, readConfig } from '@penstock/service';
import type { KafkaConnection } from '@penstock/service';

/**
 * Whom to ask, and how to prove who we are: PENSTOCK_KAFKA_..., as the services have it
 * (packages/receiver/example.env); `bootstrap` of the command line wins. Throws ConfigError with every
 * problem.
 */
export function brokersToAsk(clientId: string, bootstrap: string | undefined): KafkaConnection {
  const env = { ...process.env, ...(bootstrap !== undefined && { PENSTOCK_KAFKA_BOOTSTRAP: bootstrap }) };
  return kafkaConnection(readConfig(kafkaKnobs(clientId), { env }));
}
