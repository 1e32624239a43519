import { Sandbox, type MysqlServer } from '@dcmha/sandbox';
import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  redoSql,
  redoTransactions,
  ServerCatalog,
  undoSql,
  undoSqlFrom,
  undoTransactions,
  type BinlogPosition,
  type OpenTransactions,
} from '../../../src/index.js';
import { setPackedStatements } from '../../../src/sql/packed/packed-statements.js';
import { SeededRandom } from './seeded-random.js';
import { binlogEnd, checksums, collect, readBinlog } from './server-binlog.js';
import { changeRows, createTables, TABLES } from './workload.js';

/** One way to configure the server's binlog. */
export interface Variant {
  readonly name: string;
  /** What the session that changes rows sets. */
  readonly set: string;
  /** Whether the SQL texts are tried as well. */
  readonly texts: boolean;
}

/**
 * The same random changes are undone and redone, by apply and as text, for each variant: tables must come back to their
 * checksums every time.
 */
export function describeRoundTrips(flavor: 'mysql' | 'mariadb', variants: readonly Variant[]): void {
  let sandbox: Sandbox;
  let server: MysqlServer;

  beforeAll(async () => {
    sandbox = await Sandbox.create({ name: 'apply' });
    server = await sandbox.startMysql({
      flavor,
      serverId: 1,
      options: { 'sync-binlog': 0, 'innodb-flush-log-at-trx-commit': 0 },
    });
  });

  afterAll(async () => sandbox?.close());

  describe.each(variants)('$name', ({ set, name, texts }) => {
    const schema = `d${variants.findIndex((variant) => variant.name === name)}`;
    let connection: Connection;
    let applier: Connection;
    let empty: BinlogPosition;
    let middle: BinlogPosition;
    let end: BinlogPosition;
    const sums: Record<'empty' | 'middle' | 'end', Record<string, string>> = {
      empty: {},
      middle: {},
      end: {},
    };
    const now = () => checksums(connection, schema, TABLES);

    beforeAll(async () => {
      connection = await server.connect({ multipleStatements: true });
      applier = await server.connect();
      await connection.query(set);
      const run = (sql: string) => connection.query(sql);
      await createTables(run, flavor, schema);
      const random = new SeededRandom(20_241_101);
      empty = await binlogEnd(connection);
      sums.empty = await now();
      await changeRows(run, flavor, random, 60);
      middle = await binlogEnd(connection);
      sums.middle = await now();
      await changeRows(run, flavor, random, 60);
      end = await binlogEnd(connection);
      sums.end = await now();
    });

    afterAll(() => {
      connection?.destroy();
      applier?.destroy();
    });

    it('undoes to an earlier state and redoes to the later one', async () => {
      const catalog = new ServerCatalog(applier);
      const late = await collect(readBinlog(server, { from: middle, to: end }, catalog));
      expect(late.length).toBeGreaterThan(30);
      const undone = await undoTransactions(applier, late, { catalog });
      expect(undone).toMatchObject({ applied: true, refusals: [], conflicts: [] });
      expect(await now()).toEqual(sums.middle);
      const redone = await redoTransactions(applier, late, { catalog, logged: false });
      expect(redone).toMatchObject({ applied: true, conflicts: [], rowCount: undone.rowCount });
      expect(await now()).toEqual(sums.end);
    });

    it('undoes everything with batches of a few rows', async () => {
      const catalog = new ServerCatalog(applier);
      const all = await collect(readBinlog(server, { from: empty, to: end }, catalog));
      expect(await undoTransactions(applier, all, { catalog, rowsPerBatchMax: 7 })).toMatchObject({
        applied: true,
      });
      expect(await now()).toEqual(sums.empty);
      expect(
        await redoTransactions(applier, all, { catalog, logged: false, rowsPerBatchMax: 7 }),
      ).toMatchObject({
        applied: true,
      });
      expect(await now()).toEqual(sums.end);
    });

    it('SQL from packed bytes is the SQL from decoded values', async () => {
      const all = await collect(readBinlog(server, { from: empty, to: end }, new ServerCatalog(applier)));
      const both = async () =>
        (await collect(redoSql(all))).join('') + (await collect(undoSql(all.toReversed()))).join('');
      const packed = await both();
      setPackedStatements(false);
      try {
        expect(await both()).toBe(packed);
      } finally {
        setPackedStatements(true);
      }
      expect(packed.length).toBeGreaterThan(100_000);
    });

    if (texts) {
      it.each(['sql', 'binlog'] as const)(
        '%s text undoes everything, and redoes it on the empty tables',
        async (form) => {
          const catalog = new ServerCatalog(applier);
          const open: OpenTransactions = (range) =>
            readBinlog(server, { ...range, from: range.from ?? empty, to: range.to ?? end }, catalog);
          await runText(undoSqlFrom(open, { form, catalog }), form);
          expect(await now()).toEqual(sums.empty);
          await runText(redoSql(open({}), { form }), form);
          expect(await now()).toEqual(sums.end);
        },
      );
    }

    /** Triggers fire for plain SQL, as the text's own documentation says: they are away meanwhile. */
    async function runText(text: AsyncIterable<string>, form: 'sql' | 'binlog'): Promise<void> {
      const session = await server.connect({ multipleStatements: true, database: schema });
      try {
        await session.query('SET sql_log_bin = 0');
        const triggers = ['insert', 'update', 'delete'];
        if (form === 'sql') for (const event of triggers) await session.query(`DROP TRIGGER on_${event}`);
        // One by one, as the mysql client does: the server forgets what follows BINLOG in the same query.
        for (const statement of (await collect(text)).join('').split(';\n')) {
          if (statement.trim() !== '') await session.query(statement);
        }
        if (form === 'sql') {
          for (const event of triggers) {
            await session.query(
              `CREATE TRIGGER on_${event} AFTER ${event} ON audited FOR EACH ROW INSERT INTO audit (what) VALUES ('${event.toUpperCase()}')`,
            );
          }
        }
      } finally {
        session.destroy();
      }
    }
  });
}
