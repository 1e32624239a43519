import { randomUUID } from 'node:crypto';
import { GtidParseError } from '@dcmha/binlog-reconcile/gtid';
import { MysqlInstance, quote, statement, type InstanceStatus } from '@dcmha/mysql-instance';
import { formatAddress, parseAddress } from '@dcmha/zk-schema';
import { undoErrant } from './flashback.js';
import { planMariadbRejoin } from './mariadb-plan.js';
import { cloneState, rebuild } from './rebuild.js';
import type { RejoinOptions, RejoinResult } from './rejoin-options.js';
import { planRejoin, type RejoinPlan } from './rejoin-plan.js';
import type { RejoinState } from './rejoin-state.js';
import { describeSaved, openSaved } from './saved-lost.js';

const timeoutMs = 10_000;
/** Binary logs of many gigabytes are deleted. */
const resetTimeoutMs = 300_000;
/** Each turn takes the rejoin one step further; more would mean that the steps do not lead anywhere. */
const turnsMax = 10;

/**
 * Brings a closed server behind the primary. What it has and the primary has not is saved to files, undone, and its own
 * history forgotten, each step so that a rejoin that dies in it is taken up where it was, also when another server is the
 * primary by then. Where that is not possible it is replaced by a copy of the primary (`clone`), or stays closed.
 * @throws Error when a server cannot be reached or a step failed: to be tried again.
 */
export async function rejoin(options: RejoinOptions): Promise<RejoinResult> {
  const { instance, primary, signal } = options;
  const deadline = { timeoutMs, signal };
  const source = new MysqlInstance({
    address: parseAddress(primary),
    ...options.mysql,
    applicationName: 'dcmha-agent',
  });
  try {
    const undone: string[] = [];
    for (let turn = 1; turn <= turnsMax; turn += 1) {
      const own = await instance.status(deadline);
      if (!own.readOnly) throw new Error('it is writable: it must be closed before it can rejoin');
      const theirs = await source.status(deadline);
      const result = await new Turn(options, source, own, theirs, undone).run();
      if (result !== 'next') return result;
    }
    throw new Error(`it is not behind ${primary} after ${turnsMax} steps`);
  } finally {
    source.close();
  }
}

/** One look at both servers, and the one step that it leads to. */
class Turn {
  constructor(
    private readonly o: RejoinOptions,
    private readonly source: MysqlInstance,
    private readonly own: InstanceStatus,
    private readonly theirs: InstanceStatus,
    /** What was taken back in turns before. */
    private readonly undone: string[],
  ) {}

  async run(): Promise<RejoinResult | 'next'> {
    const { own, theirs, o } = this;
    if (own.dialect === 'mariadb') return this.#mariadb();
    const found = await o.stateFile.read();
    const state = await this.#current(found);
    if (state?.step === 'clone') return this.#afterClone(state);
    const plan = this.#plan(state);
    switch (plan.kind) {
      case 'undo':
        return this.#undo(plan, state);
      case 'forget':
        return this.#forget(plan, state);
      case 'follow':
        return this.#follow(state);
      case 'purged':
        return rebuild(
          o,
          this.source,
          own,
          `it lacks ${plan.missing}, which ${formatAddress(theirs.address)} has purged`,
        );
    }
  }

  #plan(state: RejoinState | null): RejoinPlan {
    try {
      return planRejoin({ server: this.own, primary: this.theirs, state });
    } catch (error) {
      if (!(error instanceof GtidParseError)) throw error;
      throw new Error(`${this.o.primary} and ${this.o.server} are not of one flavor: ${error.message}`, {
        cause: error,
      });
    }
  }

  /** A state that is about other data (the server was made anew) says nothing about these. */
  async #current(state: RejoinState | null): Promise<RejoinState | null> {
    if (state === null || state.serverUuid === this.own.serverUuid) return state;
    this.o.logger.warn(
      `an unfinished rejoin is forgotten: it was about the server with UUID ${state.serverUuid}`,
      { serverUuid: this.own.serverUuid, step: state.step },
    );
    await this.o.stateFile.remove();
    return null;
  }

  async #undo(
    plan: RejoinPlan & { readonly kind: 'undo' },
    state: RejoinState | null,
  ): Promise<RejoinResult | 'next'> {
    const { own, o } = this;
    const { instance, logger, primary, signal } = o;
    const deadline = { timeoutMs, signal };
    const channel = own.channels.find(({ name }) => name === '');
    const wasFollowing =
      channel !== undefined &&
      formatAddress({ host: channel.sourceHost, port: channel.sourcePort }) === primary;
    if (own.channels.some(({ applier }) => applier === 'running')) {
      // The receiver goes on: a replica still acknowledges while it is judged.
      for (const { name } of own.channels) await instance.stopApplier({ ...deadline, channel: name });
      await o.onStage?.('applier-stopped');
      return 'next';
    }
    const { errant, marker } = plan;
    const saving = state?.saving?.errant === errant ? state.saving : { errant, attempt: randomUUID() };
    const about = { serverUuid: own.serverUuid, saving, compare: state?.compare ?? [] };
    if (state?.saving !== saving) {
      await o.stateFile.write({ ...about, step: 'save', undos: [...plan.undos] });
      await o.onStage?.('save-noted');
    }
    logger.warn(`it has transactions that ${primary} has not: ${errant}`);
    const result = await undoErrant(o, {
      errant,
      marker,
      attempt: saving.attempt,
      begin: (lost) =>
        o.stateFile.write({ ...about, step: 'undo', undos: [...plan.undos, { errant, marker, lost }] }),
    });
    if (result.kind === 'undone') return 'next';
    const end = await rebuild(o, this.source, own, result.detail);
    if (end.kind === 'blocked' && wasFollowing) {
      // It cannot become the primary as it is, but what it receives is safe there.
      await instance.startApplier(deadline);
      if (channel.receiver === 'stopped') await instance.startReceiver(deadline);
    }
    return end;
  }

  async #forget(
    { purged, undos }: RejoinPlan & { readonly kind: 'forget' },
    state: RejoinState | null,
  ): Promise<'next'> {
    const { own, o } = this;
    const { instance, logger, signal, stateFile, onStage } = o;
    const deadline = { timeoutMs, signal };
    o.progress('forgetting its own history');
    const directories = undos.map(({ lost }) => lost).filter((lost) => lost !== '');
    for (const lost of directories) await this.#registerUndone(lost);
    await onStage?.('undo-registered');
    const compare = [...new Set([...(state?.compare ?? []), ...directories])];
    const about = { serverUuid: own.serverUuid, purged, undos: [...undos], compare };
    if (state?.step !== 'forget') {
      await stateFile.write({ ...about, step: 'forget', executed: own.gtidExecuted });
      await onStage?.('forget-noted');
    }
    await instance.resetReplication(deadline);
    await instance.setDurability('durable', deadline);
    await instance.query([statement('close', 'SET GLOBAL super_read_only = ON')], deadline);
    const long = { timeoutMs: resetTimeoutMs, signal };
    await instance.resetGtids('', long);
    await onStage?.('reset');
    if (purged !== '') {
      await instance.query(
        [statement('set purged GTIDs', `SET GLOBAL gtid_purged = ${quote(purged)}`)],
        deadline,
      );
    }
    await onStage?.('purged-set');
    logger.warn(`its own history was forgotten; it holds ${purged}`, {
      undone: undos.map(({ errant }) => errant).join(','),
    });
    this.undone.push(...undos.map(({ errant }) => errant));
    return 'next';
  }

  async #registerUndone(id: string): Promise<void> {
    const saved = await openSaved(this.o.lostDir, id);
    if (saved === null) {
      this.o.logger.warn(`${id} is not in ${this.o.lostDir} any more: it is not registered as undone`);
      return;
    }
    await this.o.saved({ ...describeSaved(saved), undone: true });
  }

  async #follow(state: RejoinState | null): Promise<RejoinResult> {
    const { o } = this;
    const { instance, primary, policy, stateFile, logger } = o;
    if (state !== null && state.step !== 'follow') {
      // From here on its history is the primary's again: what the server says counts, not this state.
      await stateFile.write({ serverUuid: state.serverUuid, step: 'follow', compare: state.compare });
      await o.onStage?.('follow-noted');
    }
    const result = await instance.follow(parseAddress(primary), {
      timeoutMs,
      signal: o.signal,
      ...o.replication,
      heartbeatPeriodMs: policy.heartbeatPeriodMs,
      semisyncReplica: policy.durability.mode === 'semisync',
      durability: policy.replicaDurability,
    });
    await o.onStage?.('following');
    if (state === null || state.compare.length === 0) await stateFile.remove();
    logger.info(`follows ${formatAddress(result.source)}`, {
      path: result.path,
      elapsedMs: Math.round(result.elapsedMs),
    });
    return { kind: 'following', detail: `follows ${primary} (${result.path})`, undone: this.undone };
  }

  async #afterClone(state: RejoinState): Promise<RejoinResult | 'next'> {
    const { o } = this;
    const clone = await cloneState(o.instance, { timeoutMs, signal: o.signal });
    if (clone.completed) {
      o.logger.warn(`its data is a copy of ${clone.source} now`, { executed: this.own.gtidExecuted });
      await o.stateFile.write({ serverUuid: state.serverUuid, step: 'follow', compare: state.compare });
      return 'next';
    }
    // It may follow as it was told before, with tables that are empty.
    await o.instance.resetReplication({ timeoutMs, signal: o.signal });
    return rebuild(
      o,
      this.source,
      this.own,
      `a clone was begun and did not end (${clone.problem}), so its data is not whole`,
    );
  }

  async #mariadb(): Promise<RejoinResult> {
    const { signal } = this.o;
    const [set] = await this.source.query(
      [statement('read the state of the binlog', 'SELECT @@GLOBAL.gtid_binlog_state AS state')],
      { timeoutMs, signal },
    );
    const binlogState = set?.rows[0]?.['state'] ?? '';
    const plan = planMariadbRejoin({ server: this.own, primary: { ...this.theirs, binlogState } });
    if (plan.kind === 'follow') return this.#follow(null);
    return {
      kind: 'blocked',
      detail:
        `it has ${plan.errant}, which ${this.o.primary} has not: on MariaDB nothing is rolled back or cloned by dcmha; ` +
        'keep its binary logs (dcmha binlog redo --index FILE shows what is in them), rebuild it with mariadb-backup from the primary',
    };
  }
}
