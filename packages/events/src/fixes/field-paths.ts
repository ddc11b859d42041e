import type { FormatNumber } from '../model/request.ts';
import type { Path } from './event-paths.ts';

export type FieldName = 'eventId' | 'time' | 'userId' | 'deviceId' | 'sessionId' | 'screen' | 'lat' | 'lon';

/** Where each format has a field, for fixes that know more than one format. */
export const fieldPaths: Readonly<Record<FormatNumber, Readonly<Record<FieldName, Path>>>> = {
  1: {
    ...{ eventId: ['eid'], time: ['dtm'], userId: ['uid'], deviceId: ['did'], sessionId: ['sid'] },
    ...{ screen: ['res'], lat: ['lat'], lon: ['lon'] },
  },
  2: {
    eventId: ['id'],
    time: ['timestamp'],
    userId: ['context', 'user', 'id'],
    deviceId: ['context', 'device', 'id'],
    sessionId: ['context', 'session', 'id'],
    screen: ['context', 'device', 'screen'],
    lat: ['context', 'location', 'latitude'],
    lon: ['context', 'location', 'longitude'],
  },
  3: { ...flat('message_id', 'time') },
  4: { ...flat('event_id', 'occurred_at') },
};

function flat(eventId: string, time: string): Readonly<Record<FieldName, Path>> {
  return {
    ...{ eventId: [eventId], time: [time], userId: ['user_id'], deviceId: ['device_id'] },
    ...{ sessionId: ['session_id'], screen: ['screen'], lat: ['location', 'lat'], lon: ['location', 'lon'] },
  };
}
