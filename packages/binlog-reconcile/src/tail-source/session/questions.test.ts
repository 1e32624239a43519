import { describe, expect, it } from 'vitest';
import { SqlError } from '../protocol/sql-error.js';
import { questionsOf } from '../testing/recorded.js';
import { Questions } from './questions.js';

const variables = new Map([
  ['server_id', '1'],
  ['server_uuid', '3e11fa47-71ca-11e1-9e33-c80aa9429562'],
  ['gtid_mode', 'ON'],
  ['gtid_domain_id', '0'],
  ['binlog_checksum', 'CRC32'],
]);

const questions = (): Questions =>
  new Questions(variables, () => Promise.resolve([['binlog.000001', '154']]));

describe('questions of a replica', () => {
  it.each(Object.entries(questionsOf))('are answered as %s asks them', async (name, asked) => {
    const session = questions();
    for (const sql of asked) await session.answer(sql);
    expect(session.set.get('master_binlog_checksum')).toBe('CRC32');
    if (name.startsWith('MySQL')) expect(session.set.get('slave_uuid')).toMatch(/^[0-9a-f-]{36}$/);
    else expect(session.set.get('slave_connect_state')).toBe('0-1-2');
  });

  it('about semi-synchronous replication are answered so that the replica goes on without', async () => {
    const session = questions();
    await expect(session.answer('SELECT @@global.rpl_semi_sync_source_enabled')).rejects.toMatchObject({
      code: 1193,
    });
    // MariaDB, and MySQL before 8.0.26.
    expect(await session.answer("SHOW VARIABLES LIKE 'rpl_semi_sync_master_enabled'")).toMatchObject({
      rows: [],
    });
  });

  it('name the columns of their answers', async () => {
    const session = questions();
    expect(await session.answer('SELECT @@server_id AS id, 7, @x, "a,b", NULL')).toEqual({
      kind: 'rows',
      columns: ['id', '7', '@x', '"a,b"', 'NULL'],
      rows: [['1', '7', null, 'a,b', null]],
    });
    expect(await session.answer('SHOW BINARY LOGS;')).toMatchObject({ rows: [['binlog.000001', '154']] });
  });

  it.each([
    'SELECT * FROM mysql.user',
    'DROP TABLE t',
    'SET GLOBAL read_only',
    'SELECT SLEEP(10)',
    'SELECT (SELECT 1)',
    '',
    'SET @a = (SELECT 1)',
  ])('that are none are refused: %s', async (sql) => {
    await expect(questions().answer(sql)).rejects.toBeInstanceOf(SqlError);
  });

  it('cannot fill memory with variables', async () => {
    const session = questions();
    const setMany = async (): Promise<void> => {
      for (let i = 0; i < 1_000; i++) await session.answer(`SET @v${i} = 1`);
    };
    await expect(setMany()).rejects.toBeInstanceOf(SqlError);
    expect(session.set.size).toBeLessThan(100);
  });
});
