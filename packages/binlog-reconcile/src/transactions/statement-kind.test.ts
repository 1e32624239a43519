import { expect, test } from 'vitest';
import { classifyStatement } from './statement-kind.js';

test.each([
  ['BEGIN', 'begin', 'BEGIN'],
  ['COMMIT', 'commit', 'COMMIT'],
  ['ROLLBACK', 'rollback', 'ROLLBACK'],
  ['ROLLBACK TO `s`', 'control', 'ROLLBACK TO'],
  ['SAVEPOINT `s`', 'control', 'SAVEPOINT'],
  ['START TRANSACTION', 'begin', 'START TRANSACTION'],
  ['create  table t (a int)', 'ddl', 'CREATE TABLE'],
  ['ALTER TABLE t ADD b INT', 'ddl', 'ALTER TABLE'],
  ['TRUNCATE t', 'ddl', 'TRUNCATE T'],
  ["GRANT SELECT ON *.* TO 'a'@'b'", 'ddl', 'GRANT SELECT'],
  ['/* by hand */ -- more\n# and\n DROP TABLE t', 'ddl', 'DROP TABLE'],
  ['/*!40000 DROP TABLE t */', 'ddl', 'DROP TABLE'],
  ['DROP /*!40005 TEMPORARY */ TABLE IF EXISTS `x`', 'control', 'DROP'],
  ['CREATE TEMPORARY TABLE x (a INT)', 'control', 'CREATE TEMPORARY'],
  ['insert into t values (1)', 'dml', 'INSERT'],
  ['(SELECT 1)', 'dml', 'SELECT'],
  ['WITH c AS (SELECT 1) DELETE FROM t', 'dml', 'WITH'],
  ['LOAD DATA INFILE "x" INTO TABLE t', 'dml', 'LOAD'],
  ['SET PASSWORD = "x"', 'ddl', 'SET PASSWORD'],
  ['FROBNICATE THE server', 'ddl', 'FROBNICATE THE'],
  ['', 'control', ''],
])('%s', (sql, kind, verb) => {
  expect(classifyStatement(sql)).toMatchObject({ kind, verb });
});

test.each([
  [`XA START X'61',X'',1`, 'begin', `X'61',X'',1`],
  [`XA END X'61',X'',1`, 'control', `X'61',X'',1`],
  [`XA COMMIT X'61',X'62',7`, 'xa-commit', `X'61',X'62',7`],
  [`XA COMMIT X'61',X'62',7 ONE PHASE`, 'xa-commit', `X'61',X'62',7`],
  [`XA ROLLBACK X'61',X'',1`, 'xa-rollback', `X'61',X'',1`],
])('%s', (sql, kind, xaId) => {
  expect(classifyStatement(sql)).toMatchObject({ kind, xaId });
});
