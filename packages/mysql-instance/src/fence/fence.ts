import { numeral } from '../connection/quote.js';
import { statement, type ResultSet, type SqlRunner, type Statement } from '../connection/statement.js';
import { within } from '../deadline/within.js';
import { fill } from '../dialect/fill-template.js';
import { isInstanceError, type InstanceError } from '../errors/instance-error.js';
import { refusal, type HelperSession, type Operation } from '../instance/operation.js';
import { chooseSessions } from '../sessions/choose-sessions.js';
import { killSessions } from '../sessions/kill-sessions.js';
import {
  listSessionsStatement,
  parseSessions,
  waitsForAck,
  type SessionInfo,
} from '../sessions/session-info.js';
import type { FenceOptions, FenceResult } from './fence-options.js';
import { isClosed, readWriteState } from './write-state.js';
import { barrierOf, mayReleaseSemisync } from './may-release.js';

/** ER_LOCK_WAIT_TIMEOUT */
const LOCK_WAIT_TIMEOUT = 1205;
/** Closing usually takes less than this; help (a second connection) comes only when it takes longer. */
const HELP_AFTER_MS = 8;
/** Pause between two rounds of killing. */
const ROUND_PAUSE_MS = 10;
/** A closing statement gives up by itself after this, so that none stays behind if this program dies; it is sent again. */
const CLOSE_ATTEMPT_S = 2;

const NOBODY: ReadonlySet<string> = new Set();

type Closing =
  | { readonly done: true; readonly readBack: ResultSet | undefined }
  | { readonly done: false; readonly error: InstanceError };

/**
 * Closes the server and ends client sessions.
 *
 * `SET GLOBAL super_read_only = ON` waits for every running statement and for commits that wait for a semi-sync
 * acknowledgement, and holds back new writes meanwhile. Killing a session ends what it runs, except a commit that waits for
 * an acknowledgement: that goes on waiting, though its client is gone. When all such clients are gone, semi-sync's source
 * side is turned off, which lets the commits end without telling anybody.
 *
 * @throws InstanceError; `READ_BACK` or `QUERY_TIMEOUT` when the server could not be closed in time
 */
export async function fence(op: Operation, options: FenceOptions = {}): Promise<FenceResult> {
  const work = new Fencing(op, options);
  return work.run();
}

class Fencing {
  readonly #op: Operation;
  readonly #killClients: boolean;
  readonly #graceMs: number;
  readonly #killDumpThreads: boolean;
  readonly #exceptUsers: ReadonlySet<string>;
  readonly #killed = new Map<number, SessionInfo>();
  readonly #denied = new Map<number, SessionInfo>();
  #helper: HelperSession | undefined;
  #semisyncReleased = false;

  constructor(op: Operation, options: FenceOptions) {
    this.#op = op;
    this.#killClients = options.killClients ?? true;
    this.#graceMs = options.graceMs ?? 0;
    this.#killDumpThreads = options.killDumpThreads ?? false;
    this.#exceptUsers = new Set([op.user, ...(options.exceptUsers ?? [])]);
  }

  async run(): Promise<FenceResult> {
    const { deadline } = this.#op;
    try {
      await this.#close();
      const closedAfterMs = deadline.elapsedMs();
      if (this.#killClients) await this.#killRound(this.#op.session);
      return {
        closed: true,
        killed: [...this.#killed.values()],
        notKilled: [...this.#denied.values()],
        semisyncReleased: this.#semisyncReleased,
        closedAfterMs,
        elapsedMs: deadline.elapsedMs(),
      };
    } finally {
      this.#helper?.end();
    }
  }

  async #close(): Promise<void> {
    const { deadline } = this.#op;
    while (!deadline.expired) {
      const closing = settled(this.#op.session.run(this.#closeStatements()));
      let outcome = await within(closing, Math.max(HELP_AFTER_MS, this.#graceMs));
      if (outcome === undefined) {
        if (this.#killClients) await this.#help(closing);
        outcome = await closing;
      }
      if (outcome.done) {
        if (isClosed(this.#op.dialect, outcome.readBack)) return;
        throw this.#notClosed('it was closed, and reading back shows it open');
      }
      if (outcome.error.errno !== LOCK_WAIT_TIMEOUT) throw outcome.error;
      // No second connection was to be had (all in use): kill through this one while it is free, then try again.
      if (this.#killClients) await this.#killRound(this.#op.session);
    }
    throw this.#notClosed('running statements or commits held it open until the time was over');
  }

  #closeStatements(): readonly Statement[] {
    return [
      statement('set up session', `SET SESSION lock_wait_timeout = ${numeral(CLOSE_ATTEMPT_S)}`),
      fill(this.#op.dialect, 'close', 'close for writes'),
      readWriteState(this.#op.dialect),
    ];
  }

  /** Kills, round after round, what keeps the closing statement waiting. */
  async #help(closing: Promise<Closing>): Promise<void> {
    let helper: HelperSession;
    try {
      helper = this.#helper ??= await this.#op.openHelper();
    } catch (error) {
      if (isInstanceError(error)) return;
      throw error;
    }
    let barrierId: number | undefined;
    let stuck = false;
    while ((await within(closing, 0)) === undefined && !this.#op.deadline.expired) {
      try {
        // A commit that waits for an acknowledgement can end only when every client is gone, excepted accounts too.
        const sessions = await this.#killRound(helper, stuck ? NOBODY : this.#exceptUsers);
        barrierId ??= barrierOf(sessions, this.#op.session.threadId);
        stuck = barrierId !== undefined && sessions.some(waitsForAck);
        await this.#releaseIfSafe(helper, sessions, barrierId);
      } catch (error) {
        if (!isInstanceError(error)) throw error;
        this.#helper = undefined;
        helper.end();
        return;
      }
      await within(closing, ROUND_PAUSE_MS);
    }
  }

  async #releaseIfSafe(
    helper: SqlRunner,
    sessions: readonly SessionInfo[],
    barrierId: number | undefined,
  ): Promise<void> {
    const { semisync, session } = this.#op;
    if (semisync?.source !== true) return;
    const ownIds = new Set([session.threadId, helper.threadId]);
    const killedIds = new Set(this.#killed.keys());
    if (!mayReleaseSemisync({ sessions, ownIds, killedIds, barrierId })) return;
    await helper.run([
      statement('release waiting commits', `SET GLOBAL ${semisync.names.sourceEnabled} = OFF`),
    ]);
    this.#semisyncReleased = true;
  }

  /** Returns the sessions as they were before the killing. */
  async #killRound(
    runner: SqlRunner,
    exceptUsers: ReadonlySet<string> = this.#exceptUsers,
  ): Promise<readonly SessionInfo[]> {
    const [set] = await runner.run([listSessionsStatement]);
    const sessions = parseSessions(set?.rows ?? []);
    const ownIds = new Set([
      this.#op.session.threadId,
      ...(this.#helper === undefined ? [] : [this.#helper.threadId]),
    ]);
    const chosen = chooseSessions(sessions, {
      ownIds,
      exceptUsers,
      killDumpThreads: this.#killDumpThreads,
    }).filter(({ id }) => !this.#killed.has(id) && !this.#denied.has(id));
    const { killed, denied } = await killSessions(runner, chosen);
    for (const session of killed) this.#killed.set(session.id, session);
    for (const session of denied) this.#denied.set(session.id, session);
    return sessions;
  }

  #notClosed(problem: string): InstanceError {
    return refusal(
      this.#op,
      'READ_BACK',
      'close for writes',
      problem,
      'Fence again with killClients and more time, or stop mysqld.',
    );
  }
}

function settled(running: Promise<readonly ResultSet[]>): Promise<Closing> {
  return running.then(
    (sets) => ({ done: true, readBack: sets.at(-1) }) as const,
    (error: unknown) => ({ done: false, error: error as InstanceError }) as const,
  );
}
