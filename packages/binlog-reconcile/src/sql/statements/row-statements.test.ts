import { describe, expect, it } from 'vitest';
import type { ColumnKind, ColumnValue, RowChange } from '../../rows/model.js';
import { UnwritableRowError } from '../errors.js';
import { literalText } from '../literals/column-literal.js';
import { SqlBuffer } from '../literals/sql-buffer.js';
import { fakeChange, fakeImage, fakeTable, type ColumnSketch } from '../testing/fake-rows.js';
import { RowStatements } from './row-statements.js';

const columns: ColumnSketch[] = [
  { name: 'id', kind: 'integer' },
  { name: 'na`me', kind: 'text' },
  { name: 'b', kind: 'binary' },
];

function redo(change: RowChange): string {
  const out = new SqlBuffer();
  RowStatements.of(change.table).redo(out, change);
  return out.takeText();
}

function undo(change: RowChange): string {
  const out = new SqlBuffer();
  RowStatements.of(change.table).undo(out, change);
  return out.takeText();
}

describe('statements of a row', () => {
  const table = fakeTable(columns, ['id']);
  const old = fakeImage(table, [1, "it's", Buffer.from([0, 255])]);
  const now = fakeImage(table, [1, null, Buffer.from([0, 255])]);

  it('insert and delete are each other’s undo; a row is found by all its columns', () => {
    const insert = "INSERT INTO `db`.`t` (`id`, `na``me`, `b`) VALUES (1,'it\\'s',X'00FF');\n";
    const remove = "DELETE FROM `db`.`t` WHERE `id` = 1 AND `na``me` = 'it\\'s' AND `b` = X'00FF';\n";
    expect([redo(fakeChange(undefined, old)), undo(fakeChange(undefined, old))]).toEqual([insert, remove]);
    expect([redo(fakeChange(old, undefined)), undo(fakeChange(old, undefined))]).toEqual([remove, insert]);
  });

  it('an update sets what changed, and nothing is written where nothing did', () => {
    expect(redo(fakeChange(old, now))).toBe(
      "UPDATE `db`.`t` SET `na``me` = NULL WHERE `id` = 1 AND `na``me` = 'it\\'s' AND `b` = X'00FF';\n",
    );
    expect(undo(fakeChange(old, now))).toBe(
      "UPDATE `db`.`t` SET `na``me` = 'it\\'s' WHERE `id` = 1 AND `na``me` IS NULL AND `b` = X'00FF';\n",
    );
    expect(redo(fakeChange(old, old))).toBe('');
  });

  it('without a key text is compared by its bytes, and one row is taken', () => {
    const keyless = fakeTable(columns);
    expect(undo(fakeChange(undefined, fakeImage(keyless, [1, 'a', null])))).toBe(
      "DELETE FROM `db`.`t` WHERE `id` = 1 AND CAST(`na``me` AS BINARY) = 'a' AND `b` IS NULL LIMIT 1;\n",
    );
  });

  it('columns that the server computes are left out', () => {
    const computed = fakeTable([...columns, { name: 'g', kind: 'integer', generated: true }], ['id']);
    const image = fakeImage(computed, [1, null, null, 5]);
    expect(redo(fakeChange(undefined, image))).toBe(
      'INSERT INTO `db`.`t` (`id`, `na``me`, `b`) VALUES (1,NULL,NULL);\n',
    );
    expect(redo(fakeChange(image, undefined))).not.toContain('`g`');
  });

  it('partial images can be made again with what they hold, and cannot be taken back', () => {
    const key = fakeImage(table, [1, undefined, undefined]);
    const set = fakeImage(table, [undefined, 'x', undefined]);
    expect(redo(fakeChange(key, set))).toBe("UPDATE `db`.`t` SET `na``me` = 'x' WHERE `id` = 1;\n");
    expect(redo(fakeChange(undefined, fakeImage(table, [1, 'x', undefined])))).toBe(
      "INSERT INTO `db`.`t` (`id`, `na``me`) VALUES (1,'x');\n",
    );
    expect(() => undo(fakeChange(key, set))).toThrow(
      expect.objectContaining({ reason: 'partial-image', schema: 'db', table: 't' }) as Error,
    );
  });

  it('columns without names are refused with the remedy', () => {
    const nameless = fakeTable([{ name: undefined, kind: 'integer' }]);
    const error = captureError(() => redo(fakeChange(undefined, fakeImage(nameless, [1]))));
    expect(error).toBeInstanceOf(UnwritableRowError);
    expect(error).toMatchObject({ reason: 'names' });
    expect((error as Error).message).toContain('binlog_row_metadata=FULL');
  });
});

describe('literals', () => {
  const literal = (
    sketch: Partial<ColumnSketch> & { kind: ColumnKind },
    value: ColumnValue,
    bytes?: Buffer,
  ) => {
    const table = fakeTable([{ name: 'c', ...sketch }]);
    const image = fakeImage(table, [value], { bytes: [bytes] });
    return literalText(table.columns[0] as (typeof table.columns)[number], value, image);
  };

  it.each<[Partial<ColumnSketch> & { kind: ColumnKind }, ColumnValue, string]>([
    [{ kind: 'integer' }, -5, '-5'],
    [{ kind: 'integer' }, 18446744073709551615n, '18446744073709551615'],
    [{ kind: 'decimal' }, '-12.50', '-12.50'],
    [{ kind: 'double' }, 1e300, '1e+300'],
    [{ kind: 'double' }, -0, "'-0'"],
    [{ kind: 'float' }, 0.1, '0.1'],
    [{ kind: 'float' }, 3.4028235e38, '3.4028234663852886e+38'],
    [{ kind: 'bit' }, Buffer.from('ffffffffffffffff', 'hex'), '18446744073709551615'],
    [{ kind: 'bit' }, Buffer.from([1, 2]), '258'],
    [{ kind: 'year' }, 0, '0'],
    [{ kind: 'datetime' }, '0000-00-00 00:00:00', "'0000-00-00 00:00:00'"],
    [{ kind: 'enum', values: ["a,'b", 'c'] }, 1, "'a,\\'b'"],
    [{ kind: 'enum' }, 2, '2'],
    [{ kind: 'set', values: ['r', 'w', 'x'] }, 5, "'r,x'"],
    [{ kind: 'set' }, 2n ** 63n, '9223372036854775808'],
    [{ kind: 'geometry' }, Buffer.from([1, 171]), "X'01AB'"],
    [{ kind: 'text', charset: 'ucs2' }, 'é', "'é'"],
    [{ kind: 'text', charset: 'latin1' }, 'abc', "'abc'"],
    [{ kind: 'integer' }, null, 'NULL'],
  ])('%j %s', (sketch, value, expected) => {
    expect(literal(sketch, value)).toBe(expected);
  });

  it('text of other character sets keeps its bytes behind the introducer', () => {
    expect(literal({ kind: 'text', charset: 'latin1' }, 'é', Buffer.from([0xe9]))).toBe("_latin1 X'E9'");
    expect(literal({ kind: 'text', charset: 'sjis' }, 'a', Buffer.from('a'))).toBe("_sjis X'61'");
  });

  it('what no literal gives back exactly is refused', () => {
    expect(() => literal({ kind: 'text' }, Buffer.from([0xff]))).toThrow(UnwritableRowError);
    expect(() => literal({ kind: 'enum', values: ['a'] }, 0)).toThrow(/empty value/);
  });
});

function captureError(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
