export { GtidDecodeError, GtidEncodeError, GtidExhaustedError, GtidParseError } from './errors.js';
export { formatGtid, normalizeTag, normalizeUuid, parseGtid, type Gtid, type GtidRange } from './gtid.js';
export { GtidSet } from './gtid-set.js';
export { GtidSetBuilder } from './gtid-set-builder.js';
export type { GtidSetFormat } from './gtid-set-binary.js';
export { formatMariadbGtid, parseMariadbGtid, type MariadbGtid } from './mariadb-gtid.js';
export { MariadbGtidSet, type MariadbGtidRange } from './mariadb-gtid-set.js';
export { MixedGtidFlavorsError, parseAnyGtidSet, parseGtidSetPair } from './any-gtid-set.js';
