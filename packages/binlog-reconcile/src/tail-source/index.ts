export { TailSource } from './tail-source.js';
export { TailSourceError } from './errors.js';
export type { TornTail } from './inventory/file-scan.js';
export type {
  TailSourceEvent,
  TailSourceLimits,
  TailSourceOptions,
  TailSourceReplica,
  TailSourceStatus,
  TailSourceTls,
} from './tail-source-options.js';
