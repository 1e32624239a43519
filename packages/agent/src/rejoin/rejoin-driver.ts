import type { InstanceStatus, MysqlInstance } from '@dcmha/mysql-instance';
import { formatAddress, parseAddress, type GroupPolicy, type Logger, type Store } from '@dcmha/zk-schema';
import { isZooKeeperError } from '@dcmha/zk-client';
import { join } from 'node:path';
import type { AgentConfig } from '../config.js';
import { Aftercare } from './aftercare.js';
import { rejoin } from './rejoin.js';
import type { AftercareOptions, RejoinOptions, RejoinResult, SavedTransactions } from './rejoin-options.js';
import type { RejoinStage } from './rejoin-stage.js';
import { RejoinStateFile } from './rejoin-state.js';

/** What is known of the group at a moment. */
export interface GroupFacts {
  readonly group: string | null;
  readonly primary: { readonly primary: string; readonly epoch: number } | null;
  readonly policy: GroupPolicy;
  readonly maintenance: boolean;
  readonly operationInProgress: boolean;
}

export interface RejoinDriverOptions {
  readonly config: AgentConfig;
  readonly instance: MysqlInstance;
  readonly logger: Logger;
  readonly facts: () => GroupFacts;
  /** Asks ZooKeeper who the primary is, as of now. @throws when it cannot say */
  readonly confirm: () => Promise<void>;
  /** `null` without a ZooKeeper session. */
  readonly store: () => Store | null;
  readonly activity: (text: string) => void;
  readonly onStage?: ((stage: RejoinStage) => Promise<void> | void) | undefined;
}

const storeTimeoutMs = 3_000;
const pauseMsMin = 500;
const pauseMsMax = 30_000;
const writeAttemptsMax = 3;

/** Rejoins one server again and again until it follows, and looks after it then; one thing at a time. */
export class RejoinDriver {
  readonly #o: RejoinDriverOptions;
  readonly #stateFile: RejoinStateFile;
  readonly #aftercare = new Aftercare();
  readonly #closing = new AbortController();
  #attempt: { readonly primary: string; readonly interrupt: AbortController } | null = null;
  /** Not to be tried before this time, unless another server becomes the primary. */
  #pause: { readonly primary: string; readonly untilMs: number } | null = null;
  #pauseMs = pauseMsMin;
  #blocked = '';
  #awaiting: string | null = null;
  /** Its data is not whole, whatever the server says. */
  #clonePending = false;

  constructor(options: RejoinDriverOptions) {
    this.#o = options;
    const { server, stateDir } = options.config;
    this.#stateFile = new RejoinStateFile(
      join(stateDir, `rejoin-${server.address.replaceAll(/[^\w.-]/g, '_')}.json`),
    );
  }

  /** The restart of the server that is waited for, in words; `null`: none. */
  get awaiting(): string | null {
    return this.#awaiting;
  }

  /** Why the server stays closed; empty: it does not. */
  get blocked(): string {
    return this.#blocked;
  }

  /** What is wrong though the server follows; empty: nothing. */
  get found(): string {
    return this.#aftercare.found;
  }

  /** Folder of the files of lost transactions. */
  get lostDir(): string {
    return join(this.#o.config.stateDir, 'lost');
  }

  /** Reads what an earlier agent left unfinished, so that it can be told before the server is up. */
  async begin(): Promise<void> {
    await this.#readState();
    if (this.#clonePending)
      this.#awaiting = 'its data was being replaced by a clone: waiting for mysqld to be started';
  }

  async #readState(): Promise<void> {
    try {
      this.#clonePending = (await this.#stateFile.read())?.step === 'clone';
    } catch (error) {
      this.#o.logger.error('the state of a rejoin cannot be read', { error: text(error) });
    }
  }

  /** Brings the server behind the primary. `null`: it failed, or it is too early for another try. Never throws. */
  async attempt(primary: string, why: string): Promise<RejoinResult | null> {
    if (this.#attempt !== null || this.#closing.signal.aborted || !this.#mayTry(primary)) return null;
    const { logger, activity } = this.#o;
    const { address } = this.#o.config.server;
    const interrupt = new AbortController();
    this.#attempt = { primary, interrupt };
    this.#awaiting = null;
    const what = `rejoining ${primary}: ${why}`;
    activity(what);
    logger.info(what);
    try {
      await this.#o.confirm();
      const { primary: known } = this.#o.facts();
      if (known?.primary !== primary) throw new Error(`${known?.primary ?? 'nobody'} is the primary now`);
      const result = await rejoin(this.#rejoinOptions(primary, interrupt.signal));
      activity(result.detail);
      await this.#ended(result, primary);
      return result;
    } catch (error) {
      const tried = `rejoin of ${primary} will be tried again: ${text(error)}`;
      activity(tried);
      if (!this.#closing.signal.aborted) logger.warn(tried, { server: address });
      this.#wait(primary);
      return null;
    } finally {
      await this.#readState();
      this.#attempt = null;
    }
  }

  /** One look at a server for which nothing else is to be done. Never throws. */
  async look(status: InstanceStatus): Promise<void> {
    const { group, primary, maintenance, operationInProgress } = this.#o.facts();
    if (group === null || primary === null || maintenance || operationInProgress) return;
    if (this.#o.store() === null) return;
    const channel = status.channels.find(({ name }) => name === '');
    const follows =
      status.closed &&
      channel?.receiver === 'running' &&
      channel.applier === 'running' &&
      formatAddress({ host: channel.sourceHost, port: channel.sourcePort }) === primary.primary;
    if (!follows) return;
    if (this.#clonePending) {
      await this.attempt(primary.primary, 'its data was being replaced by a clone');
      return;
    }
    try {
      const errant = await this.#aftercare.look(
        this.#commonOptions(primary.primary),
        status,
        this.#closing.signal,
      );
      if (errant === '') return;
      const why = `it has transactions that ${primary.primary} has not: ${errant}`;
      const result = await this.attempt(primary.primary, why);
      if (result?.kind === 'blocked') this.#aftercare.refused(errant);
    } catch (error) {
      if (!this.#closing.signal.aborted) {
        this.#o.logger.warn('not looked after yet', { error: text(error) });
      }
    }
  }

  /** What is known of the group has changed: a rejoin behind a server that is not the primary any more is given up. */
  changed(): void {
    const attempt = this.#attempt;
    const { primary, maintenance } = this.#o.facts();
    if (attempt === null) return;
    if (maintenance) attempt.interrupt.abort(new Error('the group is in maintenance'));
    else if (primary !== null && primary.primary !== attempt.primary)
      attempt.interrupt.abort(new Error(`${primary.primary} is the primary now`));
  }

  /** Gives up what it does, and resolves once nothing of it runs any more. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the agent ends'));
    await this.#aftercare.ended();
  }

  #mayTry(primary: string): boolean {
    const pause = this.#pause;
    if (pause !== null && pause.primary !== primary) {
      this.#pause = null;
      this.#pauseMs = pauseMsMin;
      return true;
    }
    return pause === null || performance.now() >= pause.untilMs;
  }

  #wait(primary: string): void {
    this.#pause = { primary, untilMs: performance.now() + this.#pauseMs };
    this.#pauseMs = Math.min(this.#pauseMs * 2, pauseMsMax);
  }

  async #ended(result: RejoinResult, primary: string): Promise<void> {
    const { logger, config } = this.#o;
    const { address } = config.server;
    switch (result.kind) {
      case 'following':
        this.#pauseMs = pauseMsMin;
        this.#wait(primary);
        this.#pauseMs = pauseMsMin;
        this.#blocked = '';
        if (result.undone.length > 0)
          await this.#record(primary, 'done', `rolled back ${result.undone.join(',')}; ${result.detail}`);
        return;
      case 'restart':
        this.#awaiting = result.detail;
        logger.warn(result.detail, { server: address });
        this.#wait(primary);
        await this.#record(primary, 'done', result.detail);
        return;
      case 'blocked':
        if (this.#blocked !== result.detail) {
          logger.error(`${address} stays closed: ${result.detail}`);
          await this.#record(primary, 'refused', result.detail);
        }
        this.#blocked = result.detail;
        this.#wait(primary);
    }
  }

  #commonOptions(primary: string): AftercareOptions {
    const { config, instance, logger, facts, activity, onStage } = this.#o;
    return {
      instance,
      address: parseAddress(config.server.connect ?? config.server.address),
      server: config.server.address,
      group: facts().group ?? '',
      stateFile: this.#stateFile,
      lostDir: this.lostDir,
      saved: (lost) => this.#register(lost, primary),
      mysql: config.mysql,
      primary,
      progress: activity,
      logger,
      onStage,
    };
  }

  #rejoinOptions(primary: string, interrupted: AbortSignal): RejoinOptions {
    const { config, facts } = this.#o;
    const { clone, cloneTimeoutMs } = config.rejoin;
    return {
      ...this.#commonOptions(primary),
      replication: config.replication,
      policy: facts().policy,
      clone: clone ? { timeoutMs: cloneTimeoutMs } : null,
      signal: AbortSignal.any([this.#closing.signal, interrupted]),
    };
  }

  /** Makes lost transactions known in ZooKeeper, for a person to judge. */
  async #register(lost: SavedTransactions, primary: string): Promise<void> {
    const { group, primary: known } = this.#o.facts();
    const store = this.#o.store();
    if (group === null || store === null)
      throw new Error('no ZooKeeper session to register lost transactions in');
    const deadline = { timeoutMs: storeTimeoutMs, signal: this.#closing.signal };
    const params = { group, id: lost.id };
    for (let attempt = 1; ; attempt += 1) {
      const before = await store.lost.read(params, deadline);
      const was = before?.value;
      // Final: by then its GTIDs may name other transactions, for the server has numbered its own anew.
      if (was?.undone === true) return;
      const { directory, gtids, transactions, rows, tables, why, settled } = lost;
      const judged = was !== undefined && was.review.state !== 'open';
      const review =
        settled === undefined || judged
          ? was?.review
          : {
              state: 'resolved' as const,
              by: `agent of ${this.#o.config.server.address}`,
              atMs: Date.now(),
              note: settled,
            };
      const value = {
        ...was,
        server: this.#o.config.server.address,
        primary: was?.primary ?? primary,
        directory,
        gtids,
        transactions,
        rows,
        tables: [...tables],
        why,
        undone: settled === undefined ? lost.undone : (was?.undone ?? false),
        createdAtMs: was?.createdAtMs ?? Date.now(),
        ...(review === undefined ? {} : { review }),
        ...(was !== undefined || known === null ? {} : { epoch: known.epoch }),
      };
      if (
        was !== undefined &&
        was.undone === value.undone &&
        was.review.state === (review ?? was.review).state
      )
        return;
      try {
        await store.lost.write(params, value, { version: before?.version ?? 'absent' }, deadline);
        return;
      } catch (error) {
        const raced = isZooKeeperError(error, 'BAD_VERSION') || isZooKeeperError(error, 'NODE_EXISTS');
        if (!raced || attempt === writeAttemptsMax) throw error;
      }
    }
  }

  /** For the history of the group; a rejoin does not fail because it could not be written down. */
  async #record(primary: string, result: 'done' | 'refused', reason: string): Promise<void> {
    const { group, primary: known } = this.#o.facts();
    const { address } = this.#o.config.server;
    try {
      await this.#o.store()?.history.append(
        { group: group ?? '' },
        {
          kind: 'rejoin',
          at: Date.now(),
          group: group ?? '',
          from: address,
          to: primary,
          epoch: known?.epoch ?? 0,
          reason: reason.slice(0, 4_000),
          result,
        },
        { timeoutMs: storeTimeoutMs, signal: this.#closing.signal },
      );
    } catch (error) {
      this.#o.logger.warn('the rejoin is not in the history', { error: text(error) });
    }
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
