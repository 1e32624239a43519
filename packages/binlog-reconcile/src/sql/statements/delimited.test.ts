import { describe, expect, it } from 'vitest';
import { clientStatement } from './delimited.js';

describe('a statement for the mysql client', () => {
  it('is ended once, and told its database', () => {
    expect(clientStatement('DROP TABLE t ;\n', 'a`b')).toBe('USE `a``b`;\nDROP TABLE t;\n');
    expect(clientStatement('DROP DATABASE d', '')).toBe('DROP DATABASE d;\n');
  });

  it('that contains the delimiter gets another one, which it does not contain', () => {
    const body = "CREATE PROCEDURE p() BEGIN SELECT '$$'; END";
    expect(clientStatement(body, '')).toBe(`DELIMITER $$$\n${body}$$$\nDELIMITER ;\n`);
  });
});
