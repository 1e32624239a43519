import {
  compareTouchedRows,
  ServerCatalog,
  type LostTransactions,
  type RowDifference,
  type ServerComparison,
} from '@dcmha/binlog-reconcile/apply';
import { MysqlInstance } from '@dcmha/mysql-instance';
import { parseAddress } from '@dcmha/zk-schema';
import { createConnection, type Connection } from 'mysql2/promise';
import type { AftercareOptions } from './rejoin-options.js';

const connectTimeoutMs = 10_000;
const catchUpTimeoutMs = 3_600_000;
const queryTimeoutMs = 600_000;
/** While the primary is written to, a row may differ because it has just changed there. */
const roundsMax = 5;

/**
 * Compares the rows that were taken back with the primary's, once the server has caught up. A difference counts when the
 * primary's row was the same in the round before: then the server had applied whatever made it so.
 */
export async function compareUndone(
  options: AftercareOptions,
  saved: LostTransactions,
  signal: AbortSignal,
): Promise<ServerComparison> {
  const { instance, primary, mysql, address } = options;
  const source = new MysqlInstance({
    address: parseAddress(primary),
    ...mysql,
    applicationName: 'dcmha-agent',
  });
  const connect = async (at: { readonly host: string; readonly port: number }): Promise<Connection> => {
    const connection = await createConnection({
      host: at.host,
      port: at.port,
      ...mysql,
      connectTimeout: connectTimeoutMs,
    });
    connection.on('error', () => undefined);
    return connection;
  };
  const connections: Connection[] = [];
  try {
    let before: readonly RowDifference[] = [];
    for (let round = 1; ; round += 1) {
      const { gtidExecuted } = await source.status({ timeoutMs: connectTimeoutMs, signal });
      if (!(await instance.waitForGtid(gtidExecuted, { timeoutMs: catchUpTimeoutMs, signal }))) {
        throw new Error(`it has not caught up with ${primary} within ${catchUpTimeoutMs / 60_000} min`);
      }
      if (connections.length === 0) {
        connections.push(await connect(address));
        connections.push(await connect(parseAddress(primary)));
      }
      const [own, theirs] = connections as [Connection, Connection];
      const catalog = new ServerCatalog(own);
      const comparison = await compareTouchedRows(
        own,
        theirs,
        saved.transactions({ schema: catalog, signal }),
        { catalog, queryTimeoutMs, signal },
      );
      const lasting = lastingOnes(before, comparison.differences);
      if (comparison.differenceCount === 0 || lasting.length > 0 || round === roundsMax) {
        const all = lasting.length === comparison.differences.length;
        return {
          ...comparison,
          differences: lasting,
          differenceCount: all ? comparison.differenceCount : lasting.length,
        };
      }
      before = comparison.differences;
    }
  } finally {
    source.close();
    for (const connection of connections) connection.destroy();
  }
}

function lastingOnes(
  before: readonly RowDifference[],
  now: readonly RowDifference[],
): readonly RowDifference[] {
  const known = new Map(before.map((one) => [keyOf(one), rowText(one)]));
  return now.filter((one) => known.get(keyOf(one)) === rowText(one));
}

function keyOf({ schema, table, key }: RowDifference): string {
  return JSON.stringify([schema, table, key]);
}

function rowText({ second }: RowDifference): string {
  return JSON.stringify(second ?? null);
}
