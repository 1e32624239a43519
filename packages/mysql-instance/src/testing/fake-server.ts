import type { ResultSet, Row, SqlRunner, Statement } from '../connection/statement.js';
import { Deadline } from '../deadline/deadline.js';
import type { Dialect } from '../dialect/dialect.js';
import { mysql84 } from '../dialect/mysql-8.4/index.js';
import { sourceReplicaNames } from '../dialect/semisync-names.js';
import { InstanceError } from '../errors/instance-error.js';
import type { HelperSession, Operation } from '../instance/operation.js';

/** What a fake server answers to a statement: rows, an error to throw, or nothing special. */
export type Answer = readonly Row[] | InstanceError | undefined | Promise<readonly Row[] | undefined>;

export interface FakeServer {
  readonly op: Operation;
  /** Everything that was sent, in order; statements of the helper session begin with `helper: `. */
  readonly sent: string[];
  /** Same, statements that only read left out. */
  readonly changes: () => string[];
}

export interface FakeServerOptions {
  readonly dialect?: Dialect;
  readonly semisync?: Operation['semisync'];
  readonly timeoutMs?: number;
  readonly openHelper?: () => Promise<void>;
  readonly answer?: (sql: string, session: 'held' | 'helper') => Answer;
}

export const address = { host: '127.0.0.11', port: 3306 };

export const bothSidesInstalled: Operation['semisync'] = {
  names: sourceReplicaNames,
  source: true,
  replica: true,
};

/** A server made of a function, for operations that only see an `Operation`. */
export function fakeServer(options: FakeServerOptions = {}): FakeServer {
  const sent: string[] = [];
  const runner = (session: 'held' | 'helper', threadId: number): SqlRunner => ({
    threadId,
    run: async (statements: readonly Statement[]): Promise<readonly ResultSet[]> => {
      const sets: ResultSet[] = [];
      for (const [index, { sql, kind }] of statements.entries()) {
        sent.push(session === 'helper' ? `helper: ${sql}` : sql);
        const answer = await options.answer?.(sql, session);
        if (answer instanceof InstanceError) throw withIndex(answer, index, kind);
        sets.push({ rows: answer ?? [], affectedRows: 0 });
      }
      return sets;
    },
  });
  const helper = async (): Promise<HelperSession> => {
    await options.openHelper?.();
    return { ...runner('helper', 901), end: () => undefined };
  };
  return {
    sent,
    changes: () => sent.filter((sql) => !/^(helper: )?(SELECT|SHOW)\b/.test(sql)),
    op: {
      address,
      user: 'dcmha',
      dialect: options.dialect ?? mysql84,
      semisync: 'semisync' in options ? options.semisync : bothSidesInstalled,
      session: runner('held', 900),
      deadline: new Deadline(options.timeoutMs ?? 5_000),
      openHelper: helper,
    },
  };
}

export function sqlError(errno: number, message = 'refused by the test'): InstanceError {
  return new InstanceError({ code: 'SQL', address, problem: message, remedy: '', errno });
}

function withIndex(error: InstanceError, statementIndex: number, statement: string): InstanceError {
  const { code, address: at, problem, remedy, errno, sqlState } = error;
  return new InstanceError({
    code,
    address: at,
    problem,
    remedy,
    errno,
    sqlState,
    statement,
    statementIndex,
  });
}

/** A row of SHOW REPLICA STATUS as MySQL 9.7 gives it, shortened to the columns that are read. */
export function replicaRow(changes: Row = {}): Row {
  return {
    Replica_IO_State: 'Waiting for source to send event',
    Source_Host: '127.0.0.12',
    Source_User: 'repl',
    Source_Port: '3306',
    Source_Log_File: 'binlog.000001',
    Read_Source_Log_Pos: '5889',
    Relay_Source_Log_File: 'binlog.000001',
    Replica_IO_Running: 'Yes',
    Replica_SQL_Running: 'Yes',
    Exec_Source_Log_Pos: '5889',
    Seconds_Behind_Source: '0',
    Last_IO_Errno: '0',
    Last_IO_Error: '',
    Last_SQL_Errno: '0',
    Last_SQL_Error: '',
    Source_Server_Id: '1',
    Source_UUID: '4ea961d6-e6be-11f1-ab1f-02fc00000001',
    SQL_Delay: '0',
    Retrieved_Gtid_Set:
      '4ea961d6-e6be-11f1-ab1f-02fc00000001:11-12,\n517d5e7c-e6be-11f1-8f17-02fc00000001:3-4',
    Auto_Position: '1',
    Channel_Name: '',
    ...changes,
  };
}
