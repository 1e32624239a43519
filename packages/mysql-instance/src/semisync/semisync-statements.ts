import { numeral } from '../connection/quote.js';
import { statement, type Statement } from '../connection/statement.js';
import type { SemisyncNames } from '../dialect/dialect.js';
import { refusal, type Operation } from '../instance/operation.js';

/** The source side: what a commit waits for before it is answered. */
export interface SemisyncSourceSettings {
  /** Replicas that must have the transaction in their relay log. At least 1; MariaDB knows only 1. */
  readonly waitForAckers: number;
  /** After this time the source would go on alone; make it long where nothing acknowledged may be lost. */
  readonly timeoutMs: number;
}

/** Longest time the servers take: 32 bits of milliseconds, 49 days. */
export const SEMISYNC_TIMEOUT_MS_MAX = 4_294_967_295;

/**
 * Turns the source side on, in one statement: AFTER_SYNC, no falling back because too few replicas are connected, and the
 * replica side off.
 */
export function semisyncSourceOn(op: Operation, settings: SemisyncSourceSettings): Statement {
  const names = requireSemisync(op, 'source');
  const { waitForAckers } = settings;
  const timeoutMs = Math.min(Math.round(settings.timeoutMs), SEMISYNC_TIMEOUT_MS_MAX);
  if (!Number.isInteger(waitForAckers) || waitForAckers < 1) {
    throw new RangeError(`waitForAckers must be a whole number of at least 1, got ${waitForAckers}`);
  }
  if (names.waitForAckers === null && waitForAckers !== 1) {
    throw refusal(
      op,
      'UNSUPPORTED',
      'turn semi-sync source on',
      `waiting for ${waitForAckers} acknowledgements is not possible: this server always waits for one`,
      'Set the number of acknowledging replicas to 1.',
    );
  }
  const assignments = [
    `${names.sourceTimeoutMs} = ${numeral(timeoutMs)}`,
    ...(names.waitForAckers === null ? [] : [`${names.waitForAckers} = ${numeral(waitForAckers)}`]),
    `${names.waitPoint} = 'AFTER_SYNC'`,
    `${names.waitNoReplica} = ON`,
    `${names.sourceEnabled} = ON`,
  ];
  return statement('turn semi-sync source on', setGlobal(assignments));
}

/** Turns the source side off. Takes up to 1 s while acknowledging replicas are connected: see `turnSourceOff`. */
export function semisyncSourceOff(names: SemisyncNames): Statement {
  return statement('turn semi-sync source off', setGlobal([`${names.sourceEnabled} = OFF`]));
}

/** The replica side; the receiver takes it up when it connects the next time. */
export function semisyncReplica(names: SemisyncNames, on: boolean): Statement {
  return statement(
    `turn semi-sync replica ${on ? 'on' : 'off'}`,
    setGlobal([`${names.replicaEnabled} = ${on ? 'ON' : 'OFF'}`]),
  );
}

/** @throws InstanceError `UNSUPPORTED` when that side is not there, with what to install */
export function requireSemisync(op: Operation, side: 'source' | 'replica'): SemisyncNames {
  if (op.semisync?.[side] === true) return op.semisync.names;
  const [first] = op.semisync === undefined ? op.dialect.variables.semisync : [op.semisync.names];
  const install = first?.install?.[side];
  throw refusal(
    op,
    'UNSUPPORTED',
    `turn semi-sync ${side} on`,
    `the ${side} side of semi-sync is not installed`,
    install === undefined ? 'Use a build of the server that has it.' : `Run: ${install};`,
  );
}

function setGlobal(assignments: readonly string[]): string {
  return `SET ${assignments.map((assignment) => `GLOBAL ${assignment}`).join(', ')}`;
}
