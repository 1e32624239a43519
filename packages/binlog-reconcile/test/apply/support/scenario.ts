import type { MysqlServer } from '@dcmha/sandbox';
import type { Connection } from 'mysql2/promise';
import { ServerCatalog, type Transaction } from '../../../src/index.js';
import { binlogEnd, collect, readBinlog } from './server-binlog.js';

/** A database of its own on a shared server, and two sessions: one that is an application, one that applies. */
export class Scenario {
  private constructor(
    readonly server: MysqlServer,
    readonly schema: string,
    readonly app: Connection,
    readonly applier: Connection,
  ) {}

  static async create(server: MysqlServer, schema: string, ...ddl: string[]): Promise<Scenario> {
    const app = await server.connect();
    await app.query(`DROP DATABASE IF EXISTS ${schema}`);
    await app.query(`CREATE DATABASE ${schema} CHARACTER SET utf8mb4`);
    await app.query(`USE ${schema}`);
    for (const statement of ddl) await app.query(statement);
    return new Scenario(server, schema, app, await server.connect({ database: schema }));
  }

  /** What the statements put into the binlog. */
  async transactionsOf(...statements: string[]): Promise<Transaction[]> {
    return this.transactionsDuring(async () => {
      for (const statement of statements) await this.app.query(statement);
    });
  }

  /** What gets into the binlog meanwhile. */
  async transactionsDuring(action: () => Promise<unknown>): Promise<Transaction[]> {
    const from = await binlogEnd(this.app);
    await action();
    const to = await binlogEnd(this.app);
    return collect(readBinlog(this.server, { from, to }, this.catalog()));
  }

  /** Tables as they are now. */
  catalog(): ServerCatalog {
    return new ServerCatalog(this.applier);
  }

  async rows(sql: string): Promise<unknown[][]> {
    const [rows] = await this.app.query({ sql, rowsAsArray: true });
    return rows as unknown[][];
  }

  close(): void {
    this.app.destroy();
    this.applier.destroy();
  }
}
