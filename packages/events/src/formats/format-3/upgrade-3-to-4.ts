import type { JsonObject } from '../../model/json.ts';
import type { Upgrade } from '../../catalogue/upgrade.ts';

/** Three fields got the names that they have in the schema; the rest is the same. */
export const upgrade3To4: Upgrade = {
  from: 3,
  to: 4,
  up: (event): JsonObject => ({
    event_id: event.message_id,
    event_type: event.type,
    occurred_at: event.time,
    sent_at: event.sent_at,
    client: event.client,
    user_id: event.user_id,
    device_id: event.device_id,
    session_id: event.session_id,
    screen: event.screen,
    location: event.location,
    properties: event.properties,
  }),
};
