import { sqlErrors } from '../protocol/sql-error.js';

/** What is answered to a query. */
export type Answer =
  | { readonly kind: 'ok' }
  | {
      readonly kind: 'rows';
      readonly columns: readonly string[];
      readonly rows: readonly (readonly (string | null)[])[];
    };

/** Server variables and functions of the dead server that a replica asks for, names in lower case. */
export type ServerVariables = ReadonlyMap<string, string>;

/** Variables that one connection may set; a replica sets a handful. */
const VARIABLES_MAX = 64;
const SET = /^set\s+/i;
const SELECT = /^select\s+/i;
const SHOW = /^show\s+(?:(?:global|session)\s+)?variables\s+like\s+'((?:[^'\\]|\\.)*)'$/i;
const BINARY_LOGS = /^show\s+(?:binary|master)\s+logs$/i;
const ALIAS = /\s+as\s+[`'"]?(\w+)[`'"]?$/i;
const NAMES = /^names\b/i;
const VARIABLE = /^@@(?:(?:global|session|local)\s*\.\s*)?([a-z_][a-z0-9_]*)$/i;
const USER_VARIABLE = /^@`?([a-z_][a-z0-9_.]*)`?$/i;
const NUMBER = /^-?\d+(?:\.\d+)?$/;
const TEXT = /^'((?:[^'\\]|\\.|'')*)'$|^"((?:[^"\\]|\\.|"")*)"$/;
const CALL = /^([a-z_]+)\s*\(\s*\)$/i;

/**
 * Answers the questions that receivers of MySQL 5.7 to 9.7 and MariaDB ask before they ask for events: `SELECT` of
 * variables and of a few functions, `SET`, `SHOW VARIABLES LIKE`. A variable that the dead server would have and that is
 * not known here is an unknown variable: of semi-synchronous replication the receiver so learns that there is none, and
 * goes on without.
 */
export class Questions {
  /** What the replica set, names in lower case. */
  readonly set = new Map<string, string | null>();

  constructor(
    private readonly variables: ServerVariables,
    /** Names and sizes of the binlog files. */
    private readonly files: () => Promise<readonly (readonly [string, string])[]>,
  ) {}

  /** @throws SqlError */
  async answer(text: string): Promise<Answer> {
    const sql = text
      .replace(/^\s*\/\*[\s\S]*?\*\//, '')
      .replace(/[\s;]+$/, '')
      .trim();
    if (SET.test(sql)) {
      this.#assign(sql.replace(SET, ''), sql);
      return { kind: 'ok' };
    }
    if (SELECT.test(sql)) {
      const parts = splitList(sql.replace(SELECT, '').replace(/\s+limit\s+\d+$/i, ''));
      return {
        kind: 'rows',
        columns: parts.map((part) => ALIAS.exec(part)?.[1] ?? part),
        rows: [parts.map((part) => this.#value(part.replace(ALIAS, ''), sql))],
      };
    }
    const [, pattern] = SHOW.exec(sql) ?? [];
    if (pattern !== undefined) {
      const name = pattern.replaceAll('\\_', '_');
      const value = this.variables.get(name.toLowerCase());
      return {
        kind: 'rows',
        columns: ['Variable_name', 'Value'],
        rows: value === undefined ? [] : [[name, value]],
      };
    }
    if (BINARY_LOGS.test(sql)) {
      return { kind: 'rows', columns: ['Log_name', 'File_size'], rows: await this.files() };
    }
    throw sqlErrors.notAnswered(sql);
  }

  #assign(list: string, sql: string): void {
    for (const part of splitList(list)) {
      if (NAMES.test(part)) continue;
      const equals = part.indexOf('=');
      if (equals === -1) throw sqlErrors.notAnswered(sql);
      const target = part.slice(0, equals).replace(/:$/, '').trim();
      const [, name] = USER_VARIABLE.exec(target) ?? [];
      const value = this.#value(part.slice(equals + 1).trim(), sql);
      // Session variables of the connection itself change nothing here.
      if (name === undefined) continue;
      if (this.set.size >= VARIABLES_MAX && !this.set.has(name.toLowerCase()))
        throw sqlErrors.notAnswered(sql);
      this.set.set(name.toLowerCase(), value);
    }
  }

  #value(expression: string, sql: string): string | null {
    const bare = expression.trim();
    const [, variable] = VARIABLE.exec(bare) ?? [];
    if (variable !== undefined) {
      const value = this.variables.get(variable.toLowerCase());
      if (value === undefined) throw sqlErrors.unknownVariable(variable);
      return value;
    }
    const [, user] = USER_VARIABLE.exec(bare) ?? [];
    if (user !== undefined) return this.set.get(user.toLowerCase()) ?? null;
    if (NUMBER.test(bare)) return bare;
    const [, single, double] = TEXT.exec(bare) ?? [];
    const quoted = single ?? double;
    if (quoted !== undefined)
      return quoted.replace(/''|""/g, (pair) => pair.charAt(0)).replace(/\\(.)/gs, '$1');
    const [, name] = CALL.exec(bare) ?? [];
    switch (name?.toLowerCase()) {
      case 'unix_timestamp':
        return String(Math.floor(Date.now() / 1000));
      case 'version':
        return this.variables.get('version') ?? null;
      case 'connection_id':
        return '0';
    }
    switch (bare.toLowerCase()) {
      case 'null':
        return null;
      case 'on':
      case 'off':
      case 'default':
      case 'system':
        return bare.toUpperCase();
    }
    throw sqlErrors.notAnswered(sql);
  }
}

/** Splits at commas that are neither in quotes nor in parentheses. */
function splitList(text: string): string[] {
  const parts: string[] = [];
  let from = 0;
  let depth = 0;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (quote !== '') {
      if (char === '\\') i++;
      else if (char === quote) quote = '';
    } else if (char === "'" || char === '"' || char === '`') quote = char;
    else if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (char === ',' && depth === 0) {
      parts.push(text.slice(from, i).trim());
      from = i + 1;
    }
  }
  parts.push(text.slice(from).trim());
  return parts;
}
