/** The part of an entry of a group's history that a timeline is made of. */
export interface OperationRecord {
  /** When the engine began, wall clock, milliseconds. */
  readonly at: number;
  /** When each phase was reached, milliseconds after `at`. */
  readonly phasesMs: Readonly<Record<string, number>>;
}

export interface TimelineStep {
  readonly atMs: number;
  readonly phase: string;
  readonly text: string;
}

const texts: Readonly<Record<string, string>> = {
  killed: 'mysqld killed (SIGKILL)',
  detected: 'detected: the engine knows that the primary is gone',
  confirmed: 'confirmed: the records are read again, the write route is closed',
  revoked: 'revoked: no replica receives from the old primary any more',
  fenced: 'fenced: the old primary can acknowledge nothing',
  unrouted: 'the routers have cut its sessions',
  drained: 'the candidate has applied all it received',
  tailed: 'the candidate has what only the disk of the dead primary had',
  prepared: 'prepared: the replicas follow the target',
  closed: 'closed: the old primary takes no writes',
  caughtUp: 'caught up: the target has every transaction',
  chosen: 'chosen: the new primary is recorded',
  promoted: 'promoted: the new primary is open',
  routed: 'routed: the new write route is published',
  lastWrite: 'last write acknowledged by the old primary',
  firstWrite: 'first write acknowledged by the new primary',
  left: 'the new primary has forgotten its source',
  followed: 'the other replicas follow it',
};

const round = (ms: number): number => Math.round(ms * 10) / 10;

/** When each phase was reached, milliseconds after `zeroMs` (wall clock), with moments measured by the client added. */
export function phasesSince(
  zeroMs: number,
  record: OperationRecord,
  measured: Readonly<Record<string, number>>,
): Record<string, number> {
  const phases = [
    ...Object.entries(record.phasesMs).map(([name, ms]) => [name, record.at + ms - zeroMs] as const),
    ...Object.entries(measured).map(([name, atMs]) => [name, atMs - zeroMs] as const),
  ];
  return Object.fromEntries(phases.sort((a, b) => a[1] - b[1]).map(([name, ms]) => [name, round(ms)]));
}

/** Phases in the order in which they were reached, each with a sentence for a person. */
export function timeline(phasesMs: Readonly<Record<string, number>>): TimelineStep[] {
  return Object.entries(phasesMs)
    .sort((a, b) => a[1] - b[1])
    .map(([phase, atMs]) => ({ phase, atMs, text: texts[phase] ?? phase }));
}

export function formatTimeline(steps: readonly TimelineStep[]): string[] {
  return steps.map(({ atMs, text }) => `  ${atMs.toFixed(0).padStart(6)} ms  ${text}`);
}
