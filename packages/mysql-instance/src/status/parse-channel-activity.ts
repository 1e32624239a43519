import type { Row } from '../connection/statement.js';
import { toNumberOrNull } from './parse-values.js';

/** What performance_schema knows about the traffic of one channel. Ages are by the replica's own clock. */
export interface ChannelActivity {
  readonly heartbeatPeriodMs: number | null;
  readonly heartbeats: number | null;
  readonly heartbeatAgeMs: number | null;
  /** Time since the last heartbeat or the last sign of a transaction, whichever is nearer. */
  readonly receivedAgeMs: number | null;
}

/** Channel name -> activity, from the rows of `channelActivity`. */
export function parseChannelActivity(rows: readonly Row[]): ReadonlyMap<string, ChannelActivity> {
  const map = new Map<string, ChannelActivity>();
  for (const row of rows) {
    const periodS = toNumberOrNull(row['heartbeatPeriodS']);
    const heartbeatAgeMs = ageMs(row['heartbeatAgeUs']);
    const ages = [heartbeatAgeMs, ageMs(row['queuedAgeUs']), ageMs(row['queueingAgeUs'])].filter(
      (age) => age !== null,
    );
    map.set(row['channel'] ?? '', {
      heartbeatPeriodMs: periodS === null ? null : Math.round(periodS * 1000),
      heartbeats: toNumberOrNull(row['heartbeats']),
      heartbeatAgeMs,
      receivedAgeMs: ages.length === 0 ? null : Math.min(...ages),
    });
  }
  return map;
}

/** A clock that stepped back makes a negative age: that is no age. */
function ageMs(microseconds: string | null | undefined): number | null {
  const value = toNumberOrNull(microseconds);
  return value === null ? null : Math.max(0, value / 1000);
}
