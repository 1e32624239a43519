import type { StatementKind } from '../rows/model.js';

/** What a statement in the binlog does, told from its first words. */
export interface StatementClass {
  readonly kind: StatementKind | 'begin' | 'commit' | 'rollback' | 'xa-commit' | 'xa-rollback';
  /** First words, upper case. */
  readonly verb: string;
  /** XA statements: the transaction's name as written. */
  readonly xaId?: string;
}

const DML: ReadonlySet<string> = new Set([
  'INSERT',
  'REPLACE',
  'UPDATE',
  'DELETE',
  'LOAD',
  'CALL',
  'DO',
  'SELECT',
  'WITH',
  'HANDLER',
  'IMPORT',
]);

/** Blanks, comments, and what opens or closes a comment whose content the server executes. */
const LEADING = /^(?:\s+|\/\*(?![!M])[\s\S]*?\*\/|--\s[^\n]*\n?|#[^\n]*\n?|\/\*M?!\d*|\*\/|\()+/;
const WORDS = /^[A-Za-z_]+(?:\s+[A-Za-z_]+)?/;
const TEMPORARY_TABLE = /^(?:CREATE|DROP)\s+(?:\/\*!\d+\s+)?(?:OR\s+REPLACE\s+)?TEMPORARY\b/i;
const XA = /^XA\s+(START|BEGIN|END|PREPARE|COMMIT|ROLLBACK)\s+([\s\S]*?)\s*$/i;
/** The text that is looked at: no statement says late what it is. */
const PREFIX_LENGTH = 4096;

/** Classifies the text of a QUERY event. What is not known counts as DDL, which nothing undoes. */
export function classifyStatement(sql: string): StatementClass {
  const text = sql.slice(0, PREFIX_LENGTH).replace(LEADING, '');
  const words = (WORDS.exec(text)?.[0] ?? '').toUpperCase().replace(/\s+/, ' ');
  const [first = '', second = ''] = words.split(' ');
  switch (first) {
    case 'BEGIN':
      return { kind: 'begin', verb: first };
    case 'START':
      return second === 'TRANSACTION' ? { kind: 'begin', verb: words } : { kind: 'ddl', verb: words };
    case 'COMMIT':
      return { kind: 'commit', verb: first };
    case 'ROLLBACK':
      return second === 'TO' ? { kind: 'control', verb: words } : { kind: 'rollback', verb: first };
    case 'SAVEPOINT':
    case 'RELEASE':
      return { kind: 'control', verb: first };
    case 'XA':
      return classifyXa(text, words);
    case 'CREATE':
    case 'DROP':
      // Temporary tables are gone with their session: nothing of them is in any row event.
      return { kind: TEMPORARY_TABLE.test(text) ? 'control' : 'ddl', verb: words };
    case '':
      return { kind: text === '' ? 'control' : 'ddl', verb: '' };
    default:
      return DML.has(first) ? { kind: 'dml', verb: first } : { kind: 'ddl', verb: words };
  }
}

function classifyXa(text: string, words: string): StatementClass {
  const [, action = '', xaId = ''] = XA.exec(text) ?? [];
  switch (action.toUpperCase()) {
    case 'START':
    case 'BEGIN':
      return { kind: 'begin', verb: words, xaId };
    case 'COMMIT':
      return { kind: 'xa-commit', verb: words, xaId: xaId.replace(/\s+ONE\s+PHASE$/i, '') };
    case 'ROLLBACK':
      return { kind: 'xa-rollback', verb: words, xaId };
    default:
      return { kind: 'control', verb: words, xaId };
  }
}
