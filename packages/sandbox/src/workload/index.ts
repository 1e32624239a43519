export { Client, type ClientTarget } from './client.js';
export { Reader, type ReaderOptions } from './reader.js';
export { WriteLedger, type AcknowledgedWrite } from './write-ledger.js';
export { createWritesTable, Writer, writesTable, type WriterOptions } from './writer.js';
export { writtenIds } from './written-ids.js';
