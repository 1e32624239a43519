import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EncryptedBinlogError } from '@dcmha/binlog-reconcile/events';
import { TailSource } from '@dcmha/binlog-reconcile/tail-source';
import type { InstanceStatus, MysqlInstance } from '@dcmha/mysql-instance';
import type { Logger, TailAnswer, TailStartRequest } from '@dcmha/zk-schema';
import { RefusedError } from '../http/refused-error.js';
import type { BinlogFacts, BinlogFactsFile } from './binlog-facts.js';
import { chooseCertificate, type TlsChoice } from './certificate.js';
import { usedBy } from './mysqld-gone.js';
import { readBinlogFacts } from './read-binlog-facts.js';

export interface TailServerOptions extends TlsChoice {
  readonly facts: BinlogFactsFile;
  /** Index file to serve; default: what the server said when it lived. */
  readonly binlogIndex: string | undefined;
  /** Where to listen, and under which name replicas find it. */
  readonly host: string;
  readonly advertise: string;
  readonly port: number;
  /** It ends when nobody was connected for so long. */
  readonly unusedMs: number;
  /** It ends after so long in any case. */
  readonly maxMs: number;
  readonly logger: Logger;
}

interface Running {
  readonly source: TailSource;
  readonly epoch: number;
  readonly answer: TailAnswer;
  readonly facts: BinlogFacts;
  readonly startedAtMs: number;
  readonly user: string;
  readonly password: string;
}

/** What the tail source does, for status and metrics. */
export interface TailFacts {
  readonly epoch: number;
  readonly replicas: number;
  readonly transactionsSent: number;
  readonly bytesSent: number;
  readonly detail: string;
}

/** What goes on around a running tail source. */
export interface TailSurroundings {
  readonly isUp: boolean;
  /** The agent's session with ZooKeeper lives: it would hear that the operation is over. */
  readonly connected: boolean;
  /** Another server, recorded as the primary. */
  readonly successor: { readonly primary: string; readonly epoch: number } | null;
}

const readTimeoutMs = 2_000;

/** Serves the binlog of the agent's server while that is dead, for one operation at a time. */
export class TailServer {
  readonly #o: TailServerOptions;
  #running: Running | null = null;
  #starting: Promise<unknown> = Promise.resolve();
  #remembered = '';
  #remembering = false;
  #tending = false;
  #connectedAtMs = 0;
  #closed = false;

  constructor(options: TailServerOptions) {
    this.#o = options;
  }

  get facts(): TailFacts | null {
    if (this.#running === null) return null;
    const { source, epoch } = this.#running;
    const { replicas, transactionsSent, bytesSent } = source.status();
    return {
      epoch,
      replicas: replicas.length,
      transactionsSent,
      bytesSent,
      detail: `serving the binlog of the dead server to ${replicas.length} replicas: ${transactionsSent} transactions, ${bytesSent} bytes sent`,
    };
  }

  /** Keeps on disk what will be needed when the server is dead, whenever it changes. Never rejects. */
  async remember(instance: MysqlInstance, status: InstanceStatus, process: number | null): Promise<void> {
    const { serverUuid, serverId, gtidPurged, logBin } = status;
    const key = JSON.stringify([serverUuid, serverId, gtidPurged, logBin, process]);
    if (key === this.#remembered || this.#remembering || this.#closed) return;
    this.#remembering = true;
    try {
      const facts = await readBinlogFacts(instance, status, { timeoutMs: readTimeoutMs });
      if (facts !== null) await this.#o.facts.write(facts);
      this.#remembered = key;
    } catch (error) {
      this.#o.logger.debug('where the binlog is was not kept yet', { error: String(error) });
    } finally {
      this.#remembering = false;
    }
  }

  /** @throws RefusedError */
  start(request: TailStartRequest): Promise<TailAnswer> {
    const started = this.#starting.then(() => this.#start(request));
    this.#starting = started.catch(() => undefined);
    return started;
  }

  /** Ends it, unless a later operation started it. */
  async stop(epoch: number, why: string): Promise<void> {
    await this.#starting;
    if (this.#running !== null && this.#running.epoch <= epoch) await this.#end(why);
  }

  /** Looks whether it has to end. Call it often. */
  async tend({ isUp, connected, successor }: TailSurroundings): Promise<void> {
    const { unusedMs, maxMs } = this.#o;
    if (this.#running === null || this.#tending) return;
    const { source, facts, startedAtMs, epoch } = this.#running;
    if (isUp) return this.#end('mysqld is back');
    if (successor !== null && successor.epoch >= epoch) {
      return this.#end(`${successor.primary} is the primary since epoch ${successor.epoch}`);
    }
    const nowMs = performance.now();
    if (connected) this.#connectedAtMs = nowMs;
    if (nowMs - this.#connectedAtMs > unusedMs) return this.#end('the session with ZooKeeper is over');
    const unused = source.status().unusedMs ?? 0;
    if (unused > unusedMs) return this.#end(`nobody was connected for ${Math.round(unused / 1000)} s`);
    if (nowMs - startedAtMs > maxMs) {
      return this.#end(`it has served for ${Math.round(maxMs / 1000)} s, the longest time allowed`);
    }
    this.#tending = true;
    try {
      const user = await usedBy(facts);
      if (user !== null) await this.#end(`mysqld is back: ${user}`);
    } finally {
      this.#tending = false;
    }
  }

  async end(why: string): Promise<void> {
    await this.#starting;
    await this.#end(why);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.end('the agent ends');
  }

  async #end(why: string): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    this.#running = null;
    const { replicas, transactionsSent, bytesSent } = running.source.status();
    this.#o.logger.info(`the tail source ends: ${why}`, {
      epoch: running.epoch,
      replicas: replicas.length,
      transactionsSent,
      bytesSent,
    });
    await running.source.close();
  }

  async #start({ epoch, user, password }: TailStartRequest): Promise<TailAnswer> {
    if (this.#closed) throw new RefusedError('the agent is ending');
    const running = this.#running;
    if (running !== null) {
      if (running.epoch > epoch) {
        throw new RefusedError(`the tail source already serves the operation of epoch ${running.epoch}`);
      }
      const isSame = running.epoch === epoch && running.user === user && running.password === password;
      if (isSame) return running.answer;
      await this.#end('another operation starts it anew');
    }
    const facts = await this.#factsOfServer();
    const inUse = await usedBy(facts);
    if (inUse !== null) {
      throw new RefusedError(`mysqld has not ended: ${inUse}; only the files of a dead server are served`);
    }
    this.#running = await this.#open(facts, { epoch, user, password });
    this.#connectedAtMs = performance.now();
    const { answer } = this.#running;
    this.#o.logger.warn(`serving the binlog of the dead server to its replicas`, {
      epoch,
      host: answer.host,
      port: answer.port,
      tls: answer.tls,
      files: answer.files,
      torn: answer.torn,
    });
    return answer;
  }

  async #open(
    facts: BinlogFacts,
    { epoch, user, password }: { readonly epoch: number; readonly user: string; readonly password: string },
  ): Promise<Running> {
    const { logger, host, port, advertise, allowPlain } = this.#o;
    const certificate = await this.#orRefuse(chooseCertificate(this.#o, facts));
    const source = await this.#orRefuse(
      TailSource.open({
        index: facts.index,
        host,
        port,
        user,
        password,
        allowPlain,
        ...(certificate === null ? {} : { tls: certificate }),
        ...(facts.serverUuid === '' ? {} : { serverUuid: facts.serverUuid }),
        knownPurged: facts.gtidPurged,
        onEvent: ({ peer, kind, detail }) => logger.info(`tail source: ${kind}`, { peer, detail }),
      }),
    );
    const answer: TailAnswer = {
      host: advertise,
      port: source.port,
      tls: source.tls,
      gtidExecuted: source.gtidExecuted,
      gtidPurged: source.gtidPurged,
      files: source.files,
      torn: source.tornText,
    };
    return { source, epoch, answer, facts, startedAtMs: performance.now(), user, password };
  }

  /** What hinders the serving is told to the one who asked, and tried again when asked again. */
  async #orRefuse<T>(promise: Promise<T>): Promise<T> {
    try {
      return await promise;
    } catch (error) {
      if (error instanceof EncryptedBinlogError) {
        throw new RefusedError(
          `${error.file} is encrypted on disk and only its own mysqld can read it: start that, or fail over without its tail; ` +
            'tails can be served where binlog_encryption is off',
        );
      }
      throw new RefusedError(
        `the binlog cannot be served: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  async #factsOfServer(): Promise<BinlogFacts> {
    const { binlogIndex, facts: file } = this.#o;
    const kept = await file.read();
    if (kept !== null) return binlogIndex === undefined ? kept : { ...kept, index: binlogIndex };
    if (binlogIndex === undefined) {
      throw new RefusedError(
        'it is not known where the binlog is: this agent has not seen its server alive; set server.binlogIndex',
      );
    }
    const dataDir = dirname(binlogIndex);
    await this.#orRefuse(stat(binlogIndex));
    const text = await readFile(join(dataDir, 'auto.cnf'), 'utf8').catch(() => '');
    const serverUuid = /^server-uuid\s*=\s*(\S+)/m.exec(text)?.[1] ?? '';
    return {
      index: binlogIndex,
      dataDir,
      flavor: serverUuid === '' ? 'mariadb' : 'mysql',
      serverId: 0,
      serverUuid,
      gtidPurged: '',
      pidFile: '',
      sslCert: '',
      sslKey: '',
    };
  }
}
