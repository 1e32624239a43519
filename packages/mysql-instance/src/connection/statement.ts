/** One SQL statement with a name for messages. The text may hold a password; the kind never does. */
export interface Statement {
  readonly kind: string;
  readonly sql: string;
  /** Strings inside `sql` that must not appear in an error message. */
  readonly secrets?: readonly string[];
}

/** A row as text: every value is what the server's text protocol sent, NULL is null. */
export type Row = Readonly<Record<string, string | null>>;

/** What one statement returned. */
export interface ResultSet {
  readonly rows: readonly Row[];
  readonly affectedRows: number;
}

/** Something that sends statements to one server, in one round trip, and returns one result set for each. */
export interface SqlRunner {
  /** The server's id of this session (`CONNECTION_ID()`). */
  readonly threadId: number;
  /** @throws InstanceError; statements after the failing one were not executed (`statementIndex` says which failed) */
  run(statements: readonly Statement[]): Promise<readonly ResultSet[]>;
}

export function statement(kind: string, sql: string): Statement {
  return { kind, sql };
}
