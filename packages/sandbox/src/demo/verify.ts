import type { Stack } from '../stack/stack.js';
import { waitUntil } from '../process/wait-until.js';
import type { WriteLedger } from '../workload/write-ledger.js';
import { writtenIds } from '../workload/written-ids.js';
import type { DemoEvent } from './demo-result.js';

const settleTimeoutMs = 15_000;

export interface Verdict {
  readonly lostWrites: number;
  readonly problems: readonly string[];
}

/** Compares what was acknowledged with what the final primary has, and looks for a second writable server. */
export async function verify(
  stack: Stack,
  ledger: WriteLedger,
  events: readonly DemoEvent[],
): Promise<Verdict> {
  const problems: string[] = [];
  const primary = await stack.tree.primary();
  const writable = await waitUntil(() => stack.servers.writable(), {
    timeoutMs: settleTimeoutMs,
    everyMs: 100,
  });
  if (writable === undefined) problems.push('not exactly one server is writable at the end');
  else if (writable.address !== primary?.primary) {
    problems.push(
      `${writable.address} is writable, but the primary in ZooKeeper is ${primary?.primary ?? 'nobody'}`,
    );
  }
  const final = stack.serverAt(primary?.primary ?? stack.servers.primary.address);
  const lost = ledger.missingFrom(await writtenIds(final));
  if (lost.length > 0) {
    problems.push(
      `${lost.length} acknowledged writes are not on ${final.address}, among them ${lost.slice(0, 5).join(', ')}`,
    );
  }
  problems.push(...lateAcknowledgements(stack, ledger, events));
  return { lostWrites: lost.length, problems };
}

/** A deposed primary must acknowledge nothing that was sent after its successor's first write. */
function lateAcknowledgements(stack: Stack, ledger: WriteLedger, events: readonly DemoEvent[]): string[] {
  let sinceMs = 0;
  return events.flatMap((event) => {
    const old = stack.serverAt(event.from);
    const first = ledger.firstElsewhere(old.serverId, sinceMs);
    if (first === undefined) return [];
    // Until the old primary is primary again, if ever: that begins with its next first write.
    const returned = ledger.firstElsewhere(stack.serverAt(event.to).serverId, first.atMs);
    sinceMs = first.atMs;
    const late = ledger
      .acknowledgedLate(old.serverId, first.atMs)
      .filter((write) => returned === undefined || write.atMs < returned.atMs);
    return late.length === 0
      ? []
      : [`${event.from} acknowledged ${late.length} writes after ${event.to} had become the primary`];
  });
}
