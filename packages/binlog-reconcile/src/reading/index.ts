export { checkMagic, EventFramer, MAGIC } from './event-framer.js';
export { BinlogIndexError, readBinlogIndex } from './file-list.js';
export { fileSource, type FileSourceOptions } from './file-source.js';
export { scanRows, type ScannedRows, type ScanTotals } from './scan-rows.js';
export { eventsOf, type EventBatch, type EventSource, type FileEnd } from './source.js';
export { streamSource, type StreamSourceOptions } from './stream-source.js';
export {
  BinlogStreamError,
  serverSource,
  type ServerSourceOptions,
  type StartGtids,
} from './server-source.js';
export { serverSchema } from './server-schema.js';
