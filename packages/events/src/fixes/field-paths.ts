import type { BuiltInFormat, FormatNumber } from '../model/request.ts';
import type { Path } from './event-paths.ts';

export type FieldName = 'eventId' | 'time' | 'userId' | 'deviceId' | 'sessionId' | 'screen' | 'lat' | 'lon';

export type FieldPaths = Readonly<Record<FieldName, Path>>;

/**
 * Where a built-in format has each field, for fixes that know more than one format. Throws for a format of
 * a deployer's own, whose fixes name its fields themselves.
 */
export function pathsOf(format: FormatNumber): FieldPaths {
  const paths = fieldPaths[format as BuiltInFormat] as FieldPaths | undefined;
  if (paths === undefined) throw new TypeError(`pathsOf knows the formats 1 to 4, not ${format}`);
  return paths;
}

const fieldPaths: Readonly<Record<BuiltInFormat, FieldPaths>> = {
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

function flat(eventId: string, time: string): FieldPaths {
  return {
    ...{ eventId: [eventId], time: [time], userId: ['user_id'], deviceId: ['device_id'] },
    ...{ sessionId: ['session_id'], screen: ['screen'], lat: ['location', 'lat'], lon: ['location', 'lon'] },
  };
}
