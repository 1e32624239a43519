import { GtidSetBuilder, type GtidSet } from '../../gtid/index.js';
import {
  RowFlag,
  type BinlogPosition,
  type EventRows,
  type RowChange,
  type Statement,
  type TableMap,
  type TornTransaction,
  type Transaction,
} from '../../rows/model.js';
import type { ForeignKeyReference, TableCatalog, TableDefinition } from '../catalog/table-definition.js';
import { commentText } from '../quoting.js';
import type { Refusal, RefusalReason } from './refusal.js';

/** Refusals that are kept; more are only counted. */
const REFUSALS_MAX = 1_000;

/** What to check beside what the transactions themselves say. */
export interface UndoPlanOptions {
  /** The tables as they are on the server where the undo is to run. Without it what only a server knows is not checked. */
  readonly catalog?: TableCatalog;
  /** MySQL GTIDs that must all be among the transactions. */
  readonly expected?: GtidSet;
  readonly signal?: AbortSignal;
}

/** Whether, and what of, transactions can be undone. */
export interface UndoPlan {
  readonly ok: boolean;
  /** Why not; at most the first 1,000. */
  readonly refusals: readonly Refusal[];
  readonly refusalCount: number;
  readonly transactionCount: number;
  readonly rowCount: number;
  /** `schema.table` of every table whose rows are undone. */
  readonly tables: readonly string[];
  /** Whether cascades and engines could be checked (a catalog was given). */
  readonly checkedByServer: boolean;
  /** Whether the rows of this transaction are to be undone: those of an XA transaction that was rolled back are not. */
  undoes(transaction: Pick<Transaction, 'gtid' | 'start'>): boolean;
}

/**
 * Decides whether transactions can be undone, from one pass over them, oldest first. Nothing is refused in silence:
 * every reason names the transaction.
 */
export class UndoPlanner {
  readonly #options: UndoPlanOptions;
  readonly #refusals: Refusal[] = [];
  readonly #gtids = new GtidSetBuilder();
  readonly #tables = new Map<string, TableDefinition | undefined>();
  readonly #checkedMaps = new WeakSet<TableMap>();
  /** XA transactions that were prepared and not ended yet, by their name. */
  readonly #prepared = new Map<string, Transaction>();
  readonly #rolledBack = new Set<string>();
  #refusalCount = 0;
  #transactionCount = 0;
  #rowCount = 0;

  constructor(options: UndoPlanOptions = {}) {
    this.#options = options;
  }

  async add(transaction: Transaction): Promise<void> {
    this.#options.signal?.throwIfAborted();
    this.#transactionCount++;
    if (
      this.#options.expected !== undefined &&
      transaction.gtid !== undefined &&
      transaction.flavor === 'mysql'
    ) {
      this.#gtids.add(transaction.gtid);
    }
    if (transaction.incident !== undefined) {
      this.#refuse(
        transaction,
        'incident',
        `the source noted that changes are missing in its binlog here: ${commentText(transaction.incident, 200)}`,
      );
    }
    for (const statement of transaction.statements) this.#checkStatement(transaction, statement);
    this.#checkEnding(transaction);
    await this.#checkRows(transaction);
  }

  /** A transaction whose end is missing. */
  addTorn(torn: TornTransaction): void {
    this.#push({
      reason: 'torn',
      gtid: torn.gtid,
      position: torn.start,
      message: `${name(torn.gtid, torn.start)} is cut off at the end of ${torn.end.file}: whether the server committed it is not known from the binlog`,
    });
  }

  finish(): UndoPlan {
    for (const transaction of this.#prepared.values()) {
      this.#refuse(
        transaction,
        'xa-open',
        `XA transaction ${transaction.xaId} is prepared and neither committed nor rolled back; end it with XA ROLLBACK or XA COMMIT first`,
      );
    }
    const missing = this.#options.expected?.subtract(this.#gtids.build());
    if (missing !== undefined && !missing.isEmpty) {
      this.#push({
        reason: 'missing-files',
        gtid: undefined,
        position: undefined,
        message: `${missing.count} transactions are in no binlog file that is still there: ${commentText(missing.toString(), 500)}`,
      });
    }
    const rolledBack = this.#rolledBack;
    return {
      ok: this.#refusalCount === 0,
      refusals: this.#refusals,
      refusalCount: this.#refusalCount,
      transactionCount: this.#transactionCount,
      rowCount: this.#rowCount,
      tables: [...this.#tables.keys()].sort(),
      checkedByServer: this.#options.catalog !== undefined,
      undoes: (transaction) => !rolledBack.has(placeOf(transaction.start)),
    };
  }

  #checkStatement(transaction: Transaction, statement: Statement): void {
    if (statement.kind === 'control') {
      if (/^ROLLBACK\b/i.test(statement.verb) || /^ROLLBACK\s+TO\b/i.test(statement.sql)) {
        this.#refuse(
          transaction,
          'rolled-back',
          'it contains a rollback to a savepoint, so that some of its logged changes did not happen',
        );
      }
      return;
    }
    if (statement.kind === 'ddl' && HARMLESS.test(statement.sql)) return;
    const sql = commentText(statement.sql, 200);
    if (statement.kind === 'ddl') {
      this.#refuse(transaction, 'ddl', `it changes definitions, which a binlog cannot take back: ${sql}`);
    } else {
      this.#refuse(
        transaction,
        'statement-format',
        `it was logged as a statement, so that the changed rows are not known: ${sql}`,
      );
    }
  }

  #checkEnding(transaction: Transaction): void {
    const { ending, xaId } = transaction;
    if (ending === 'rollback' && transaction.rowCount > 0) {
      this.#refuse(
        transaction,
        'rolled-back',
        'it was rolled back after it had changed tables that cannot roll back',
      );
    }
    if (xaId === undefined) return;
    if (ending === 'xa-prepare') this.#prepared.set(xaId, transaction);
    if (ending !== 'xa-commit' && ending !== 'xa-rollback') return;
    const prepared = this.#prepared.get(xaId);
    if (prepared === undefined) {
      if (ending === 'xa-commit' && transaction.rowCount === 0) {
        this.#refuse(
          transaction,
          'xa-before',
          `it commits XA transaction ${xaId}, whose changes were logged earlier, outside of what was read`,
        );
      }
      return;
    }
    this.#prepared.delete(xaId);
    if (ending === 'xa-rollback') this.#rolledBack.add(placeOf(prepared.start));
  }

  async #checkRows(transaction: Transaction): Promise<void> {
    const reported = new Set<string>();
    const report = (reason: RefusalReason, table: TableMap, message: string) => {
      const key = `${reason} ${table.schema}.${table.table}`;
      if (reported.has(key)) return;
      reported.add(key);
      this.#refuse(transaction, reason, message, table);
    };
    for (const rows of transaction.rowEvents()) {
      this.#rowCount += rows.rowCount;
      const definition = await this.#checkTable(rows, report);
      const references = definition?.referencedBy.filter(
        ({ onDelete, onUpdate }) => acts(onDelete) || acts(onUpdate),
      );
      if (definition === undefined || references === undefined || references.length === 0) continue;
      for (const change of rows.rows()) {
        const cascade = references.find((reference) => cascades(reference, change, definition));
        if (cascade === undefined) continue;
        report(
          'cascade',
          change.table,
          `foreign key ${cascade.constraint} of ${cascade.childSchema}.${cascade.childTable} changed rows together with ` +
            `${nameOf(change.table)}, and the binlog does not hold those changes`,
        );
      }
    }
  }

  /** Reports what is wrong with a table, or with the images of one event; resolves to what the server knows of it. */
  async #checkTable(
    { complete, table }: EventRows,
    report: (reason: RefusalReason, table: TableMap, message: string) => void,
  ): Promise<TableDefinition | undefined> {
    const fullName = nameOf(table);
    if (!complete) {
      report(
        'partial-image',
        table,
        `the binlog does not hold every column of a row of ${fullName} (binlog_row_image was not FULL)`,
      );
    }
    if (!this.#tables.has(fullName)) {
      this.#tables.set(fullName, await this.#options.catalog?.lookup(table.schema, table.table));
    }
    if (this.#options.catalog === undefined) return undefined;
    const definition = this.#tables.get(fullName);
    if (definition === undefined) {
      report('unknown-table', table, `it changes ${fullName}, and the server has no such table`);
      return undefined;
    }
    if (!definition.transactional) {
      report(
        'non-transactional',
        table,
        `it changes ${fullName}, whose engine ${definition.engine} cannot roll back`,
      );
    }
    if (definition.systemVersioned) {
      report('system-versioned', table, `it changes ${fullName}, whose rows keep their history`);
    }
    if (!this.#checkedMaps.has(table)) {
      const difference = differs(table, definition);
      if (difference === undefined) this.#checkedMaps.add(table);
      else report(difference.reason, table, `${fullName}: ${difference.message}`);
    }
    return definition;
  }

  #refuse(transaction: Transaction, reason: RefusalReason, message: string, table?: TableMap): void {
    this.#push({
      reason,
      gtid: transaction.gtid,
      position: transaction.start,
      ...(table === undefined ? {} : { schema: table.schema, table: table.table }),
      message: `${name(transaction.gtid, transaction.start)}: ${message}`,
    });
  }

  #push(refusal: Refusal): void {
    this.#refusalCount++;
    if (this.#refusals.length < REFUSALS_MAX) this.#refusals.push(refusal);
  }
}

/** {@link UndoPlanner} over transactions that are at hand, or that come one by one. */
export async function planUndo(
  transactions: AsyncIterable<Transaction> | Iterable<Transaction>,
  options: UndoPlanOptions = {},
): Promise<UndoPlan> {
  const planner = new UndoPlanner(options);
  for await (const transaction of transactions) await planner.add(transaction);
  return planner.finish();
}

/** Statements that the log names among definitions, but that change neither data nor definitions. */
const HARMLESS =
  /^\s*(?:\/\*.*?\*\/\s*)*(?:ANALYZE|OPTIMIZE|FLUSH|CHECK|CHECKSUM|(?:CREATE|DROP)\s+(?:\/\*!\d*\s*)?TEMPORARY)\b/is;

function cascades(reference: ForeignKeyReference, change: RowChange, parent: TableDefinition): boolean {
  if ((change.flags & (RowFlag.NoForeignKeyChecks | RowFlag.CascadesLogged)) !== 0) return false;
  const { before, after } = change;
  if (change.kind === 'delete') return acts(reference.onDelete);
  if (before === undefined || after === undefined || !acts(reference.onUpdate)) return false;
  return reference.columns.some((column) => {
    const index = parent.columns.findIndex(({ name }) => name.toLowerCase() === column.toLowerCase());
    const [old, now] = [before.bytes(index), after.bytes(index)];
    return !(old instanceof Buffer && now instanceof Buffer ? old.equals(now) : old === now);
  });
}

function acts(action: ForeignKeyReference['onDelete']): boolean {
  return action !== 'RESTRICT' && action !== 'NO ACTION';
}

/** How the table in the binlog differs from the one on the server, if it does. */
function differs(
  map: TableMap,
  definition: TableDefinition,
): { readonly reason: RefusalReason; readonly message: string } | undefined {
  if (map.columns.length !== definition.columns.length) {
    return {
      reason: 'changed-table',
      message: `the binlog has ${map.columns.length} columns, the server ${definition.columns.length}`,
    };
  }
  for (const [index, column] of map.columns.entries()) {
    const here = definition.columns[index]?.name ?? '';
    if (column.name !== undefined && column.name.toLowerCase() !== here.toLowerCase()) {
      return {
        reason: 'changed-table',
        message: `column ${index + 1} is ${column.name} in the binlog and ${here} on the server`,
      };
    }
    if (column.kind === 'bytes' || (column.kind === 'integer' && column.unsigned === undefined)) {
      return {
        reason: 'unknown-columns',
        message: `the binlog does not say what column ${here} is; read the transactions with the server's schema`,
      };
    }
  }
  return undefined;
}

function name(gtid: string | undefined, position: BinlogPosition): string {
  return gtid ?? `the transaction at ${placeOf(position)}`;
}

function nameOf({ schema, table }: TableMap): string {
  return `${schema}.${table}`;
}

function placeOf({ file, position }: BinlogPosition): string {
  return `${file}:${position}`;
}
