/**
 * What a session must be set to so that the statements of this folder mean what they say: utf8mb4 text with backslash
 * escapes, UTC, dates with zero parts accepted, zero accepted in AUTO_INCREMENT columns, and still strict, so that a
 * table whose definition changed gives an error and not a cut-off value. Foreign keys are not checked: what cascades
 * did is written as rows of its own, or refused.
 */
export const SQL_SESSION: Readonly<Record<string, string>> = {
  time_zone: "'+00:00'",
  sql_mode: "'STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO'",
  foreign_key_checks: '0',
  unique_checks: '1',
};

/** The statements that set a session up; the old values are kept in user variables. */
export function sessionBegin(): string {
  const saved = Object.keys(SQL_SESSION).map((name) => `@dcmha_${name} = @@SESSION.${name}`);
  const set = Object.entries(SQL_SESSION).map(([name, value]) => `SESSION ${name} = ${value}`);
  return `SET NAMES utf8mb4;\nSET ${saved.join(', ')};\nSET ${set.join(', ')};\n`;
}

/** The statements that give a session back what {@link sessionBegin} changed (except the character set). */
export function sessionEnd(): string {
  const restore = Object.keys(SQL_SESSION).map((name) => `SESSION ${name} = @dcmha_${name}`);
  return `SET ${restore.join(', ')};\n`;
}
