/** The BroadcastChannel on which the main thread gives new GeoIP databases (GeoFile[]) to the workers. */
export const geoChannelName = 'penstock-geoip';
