import {
  fileSource,
  serverSchema,
  serverSource,
  transactions,
  type EventSource,
  type GtidFilter,
  type OpenTransactions,
  type SchemaSource,
  type TornTransaction,
  type TransactionRange,
} from '@dcmha/binlog-reconcile';
import { parseAnyGtidSet } from '@dcmha/binlog-reconcile/gtid';
import { parseAddress } from '@dcmha/zk-schema';
import type { Context } from '../command/context.js';
import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';
import type { BinlogArgs } from './binlog-options.js';
import { parseBound } from './parse-bound.js';
import { gtidText, withGtids } from './read-gtids.js';

export interface OpenedBinlog {
  /** The wanted transactions, oldest first; may be called again for a part of them. */
  readonly open: OpenTransactions;
  /** For a title: what is read. */
  readonly description: string;
  close(): Promise<void>;
}

/** @throws {CliError} when the arguments name no binlog, or contradict each other */
export async function openBinlog(args: BinlogArgs, context: Context): Promise<OpenedBinlog> {
  const places = [
    args.file?.length ? 'FILE' : undefined,
    args.index && '--index',
    args.host && '--host',
  ].filter((place) => place !== undefined && place !== '');
  if (places.length !== 1) {
    throw new CliError(
      places.length === 0 ? 'no binlog is named' : `${places.join(' and ')} exclude each other`,
      {
        expected: 'expected files, or --index FILE, or --host host:port',
        exitCode: ExitCode.usage,
      },
    );
  }
  const start = args.start === undefined ? undefined : parseBound('--start', args.start);
  const stop = args.stop === undefined ? undefined : parseBound('--stop', args.stop);
  checkTables(args.table ?? []);
  const gtids = args.gtids === undefined ? undefined : await gtidFilter(args.gtids, context);
  const schema = args.schemaFrom === undefined ? undefined : await openSchema(args.schemaFrom, args, context);
  const account = args.host === undefined ? undefined : await mysqlAccountOf(args, context);

  const source = (from: TransactionRange['from']): EventSource => {
    const { signal } = context;
    const common = { from, verifyChecksums: args.verify, signal };
    if (args.host === undefined) {
      return fileSource(
        args.index === undefined ? { ...common, files: args.file } : { ...common, index: args.index },
      );
    }
    return serverSource({
      ...common,
      connection: { ...serverAddress('--host', args.host), ...account },
      stopAtEnd: true,
    });
  };
  const tornDefault = (torn: TornTransaction): void =>
    context.progress(
      `dcmha: ${torn.gtid ?? 'a transaction'} is cut off at the end of ${torn.end.file} (its server crashed, or still writes it); left out`,
    );
  return {
    open: (range) => {
      // A time cannot be looked up in a file: it is read from its beginning.
      const from = range.from ?? (start instanceof Date ? undefined : start);
      return transactions(source(from), {
        gtids,
        tables: args.table,
        from: range.from ?? start,
        to: range.to ?? stop,
        schema: schema?.source,
        onTorn: range.onTorn ?? tornDefault,
        signal: context.signal,
      });
    },
    description: args.host ?? args.index ?? args.file!.join(' '),
    close: async () => schema?.close(),
  };
}

function checkTables(tables: readonly string[]): void {
  const wrong = tables.find((table) => !/^[^.]+\..+$/.test(table));
  if (wrong === undefined) return;
  throw new CliError(`--table ${wrong} names no table`, {
    expected: 'expected db.table or db.*',
    exitCode: ExitCode.usage,
  });
}

async function gtidFilter(argument: string, context: Context): Promise<GtidFilter> {
  const text = await gtidText(argument, context.stdin);
  return withGtids(() => parseAnyGtidSet(text));
}

async function openSchema(
  server: string,
  args: BinlogArgs,
  context: Context,
): Promise<{ source: SchemaSource; close(): void }> {
  const { createConnection } = await import('mysql2/promise');
  const connection = await createConnection({
    ...serverAddress('--schema-from', server),
    ...(await mysqlAccountOf(args, context)),
    connectTimeout: 5000,
  });
  return { source: serverSchema(connection), close: () => connection.destroy() };
}

async function mysqlAccountOf(
  args: BinlogArgs,
  context: Context,
): Promise<{ user: string; password: string }> {
  const { mysqlAccount, mysqlSettings } = await import('../operator/operator-settings.js');
  return mysqlAccount({ mysql: await mysqlSettings(args, context.env) });
}

function serverAddress(option: string, text: string): { host: string; port: number } {
  try {
    return parseAddress(text);
  } catch (error) {
    throw new CliError(`${option} ${text}: ${(error as Error).message}`, {
      exitCode: ExitCode.usage,
      cause: error,
    });
  }
}
