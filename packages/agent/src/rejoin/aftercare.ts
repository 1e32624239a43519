import { SchemaMismatchError } from '@dcmha/binlog-reconcile';
import {
  appendLostReview,
  ApplyRefusedError,
  type LostTransactions,
  type ServerComparison,
} from '@dcmha/binlog-reconcile/apply';
import { GtidSet } from '@dcmha/binlog-reconcile/gtid';
import { isInstanceError, MysqlInstance, type InstanceStatus } from '@dcmha/mysql-instance';
import { parseAddress } from '@dcmha/zk-schema';
import { compareUndone } from './compare-undone.js';
import { errantOn, ownPart } from './errant-check.js';
import type { AftercareOptions } from './rejoin-options.js';
import { describeSaved, errantOf, openSaved, savedOf } from './saved-lost.js';

/** The agent does nothing else meanwhile: a primary that does not answer is asked again later. */
const timeoutMs = 2_000;
/** Transactions under a foreign UUID (gtid_next) do not show in the server's own part; they are looked for now and then. */
const recheckMs = 60_000;
/** The same errant transactions that could not be undone are tried again only so often. */
const refusedAgainMs = 600_000;
const retryMs = 2_000;

/**
 * Looks after a server that follows its primary: finds transactions that somebody wrote to it, completes what ZooKeeper
 * knows of lost transactions, and compares the rows that a rejoin has touched with the primary's. Reads only.
 */
export class Aftercare {
  #checked = '';
  #checkedAtMs = -Infinity;
  #failedAtMs = -Infinity;
  readonly #settled = new Set<string>();
  #refused: { readonly errant: string; readonly atMs: number } | null = null;
  #comparing: Promise<void> | null = null;
  #found = '';

  /** What the last comparison found; empty: nothing to tell. */
  get found(): string {
    return this.#found;
  }

  /** These could not be undone: not worth another try before something changes. */
  refused(errant: string): void {
    this.#refused = { errant, atMs: performance.now() };
  }

  /**
   * One look, in the time in which the server follows `options.primary`. Resolves to the transactions that the primary has
   * not; empty: none that are worth a rejoin. `over` ends when the agent does.
   */
  async look(options: AftercareOptions, status: InstanceStatus, over: AbortSignal): Promise<string> {
    if (status.dialect === 'mariadb' || performance.now() < this.#failedAtMs + retryMs) return '';
    const mark = `${options.primary} ${ownPart(status)}`;
    const now = performance.now();
    if (mark !== this.#checked || now > this.#checkedAtMs + recheckMs) {
      const errant = await this.#errant(options, over);
      if (errant === null) return '';
      if (errant !== '') {
        const refused = this.#refused;
        const again = refused === null || refused.errant !== errant || now > refused.atMs + refusedAgainMs;
        return again ? errant : '';
      }
      this.#refused = null;
      this.#checked = mark;
      this.#checkedAtMs = now;
      await this.#settle(options, status);
    }
    this.#compareSoon(options, over);
    return '';
  }

  /** Resolves when nothing is being compared any more. */
  async ended(): Promise<void> {
    await this.#comparing;
  }

  /** `null` when one of the servers does not answer. */
  async #errant(options: AftercareOptions, signal: AbortSignal): Promise<string | null> {
    const source = this.#source(options);
    try {
      const own = await options.instance.status({ timeoutMs, signal });
      const theirs = await source.status({ timeoutMs, signal });
      return errantOn(own, theirs);
    } catch (error) {
      if (!isInstanceError(error)) throw error;
      this.#failedAtMs = performance.now();
      return null;
    } finally {
      source.close();
    }
  }

  #source({ primary, mysql }: AftercareOptions): MysqlInstance {
    return new MysqlInstance({ address: parseAddress(primary), ...mysql, applicationName: 'dcmha-agent' });
  }

  /**
   * The server has nothing that its primary has not. So whatever was saved of it is undone, or was never lost: ZooKeeper may
   * not know that yet, where the agent died before it could say so, or a person rebuilt the server.
   */
  async #settle(options: AftercareOptions, status: InstanceStatus): Promise<void> {
    const saved = await savedOf(options.lostDir, options.server);
    const executed = GtidSet.parse(status.gtidExecuted);
    for (const one of saved) {
      const errant = GtidSet.parse(errantOf(one.manifest));
      const kept = executed.contains(errant) && !errant.isEmpty;
      const key = `${one.manifest.id} ${kept}`;
      if (this.#settled.has(key)) continue;
      await options.saved({
        ...describeSaved(one),
        undone: !kept,
        ...(kept ? { settled: `${options.primary} has these transactions: nothing was lost` } : {}),
      });
      this.#settled.add(key);
    }
  }

  #compareSoon(options: AftercareOptions, over: AbortSignal): void {
    this.#comparing ??= this.#compare(options, over)
      .catch((error: unknown) => {
        this.#failedAtMs = performance.now();
        if (!over.aborted) {
          options.logger.warn('the rows that were taken back could not be compared yet', {
            error: error instanceof Error ? error.message : String(error),
          });
        }
      })
      .finally(() => {
        this.#comparing = null;
      });
  }

  async #compare(options: AftercareOptions, signal: AbortSignal): Promise<void> {
    const { stateFile, lostDir, logger, primary, server } = options;
    const state = await stateFile.read();
    if (state === null || state.step !== 'follow' || state.compare.length === 0) {
      if (state?.step === 'follow') await stateFile.remove();
      return;
    }
    const [id, ...rest] = state.compare as [string, ...string[]];
    const saved = await openSaved(lostDir, id);
    const comparison = saved === null ? null : await this.#compareSaved(options, saved, signal);
    if (saved !== null && comparison !== null) {
      const { rowCount, differenceCount, differences, notCompared } = comparison;
      const facts = { id, rows: rowCount, differences: differenceCount, notCompared };
      if (differenceCount > 0) {
        this.#found = `${differenceCount} of ${rowCount} rows that were taken back are not as ${primary} has them: see ${saved.path}`;
        logger.error(`${server}: ${this.#found}`, { ...facts, first: differences.slice(0, 5) });
      } else {
        logger.info(`the ${rowCount} rows that were taken back are as ${primary} has them`, facts);
      }
      await appendLostReview(saved.path, {
        atMs: Date.now(),
        by: `agent of ${server}`,
        action: 'compared',
        primary,
        details: { rows: rowCount, differenceCount, differences: differences.slice(0, 20), notCompared },
      });
    }
    const now = await stateFile.read();
    // A rejoin may have begun meanwhile; it keeps what is left to compare.
    if (now?.step === 'follow') {
      if (rest.length === 0) await stateFile.remove();
      else await stateFile.write({ ...now, compare: rest });
    }
    await options.onStage?.('compared');
  }

  /** `null`, and a note, where tables were altered since, so that there is nothing to compare with. */
  async #compareSaved(
    options: AftercareOptions,
    saved: LostTransactions,
    signal: AbortSignal,
  ): Promise<ServerComparison | null> {
    try {
      return await compareUndone(options, saved, signal);
    } catch (error) {
      if (!(error instanceof ApplyRefusedError || error instanceof SchemaMismatchError)) throw error;
      const { primary, server, logger } = options;
      logger.warn(`the rows that were taken back cannot be compared with those of ${primary}`, {
        id: saved.manifest.id,
        error: error.message,
      });
      await appendLostReview(saved.path, {
        atMs: Date.now(),
        by: `agent of ${server}`,
        action: 'compared',
        primary,
        note: `not compared: ${error.message}`.slice(0, 4_000),
      });
      return null;
    }
  }
}
