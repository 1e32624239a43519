import type { WatchEvent, WatchEventType } from '../api.js';
import { JuteError } from '../jute/jute-error.js';
import type { JuteReader } from '../jute/jute-reader.js';

const types: Record<number, WatchEventType> = {
  1: 'created',
  2: 'deleted',
  3: 'data-changed',
  4: 'children-changed',
};

/** Types a server sends that concern no node: session state (-1) and confirmations of removed watches (5, 6, 7). */
const silentTypes = new Set([-1, 5, 6, 7]);

/** Reads a `WatcherEvent` (zookeeper.jute); null for one that concerns no node. The path is the server's. */
export function readWatcherEvent(reader: JuteReader): WatchEvent | null {
  const number = reader.int();
  reader.int();
  const path = reader.string();
  const type = types[number];
  if (type) return { type, path };
  if (silentTypes.has(number)) return null;
  throw new JuteError(`a watch event has the unknown type ${number}`);
}
