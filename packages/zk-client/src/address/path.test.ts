import { describe, expect, it } from 'vitest';
import { Chroot } from './chroot.js';
import { isWithin, joinPath, nameOf, parentOf, validatePath } from './path.js';

describe('a path', () => {
  it.each(['/', '/a', '/a/b', '/a/.b', '/a/b..', '/ä/漢'])('%j is valid', (path) => {
    expect(validatePath(path)).toBeUndefined();
  });

  it.each([
    ['', 'is empty'],
    ['a', 'begin with'],
    ['/a/', 'ends with'],
    ['/a//b', 'empty name'],
    ['/a/./b', 'relative'],
    ['/a/..', 'relative'],
    ['/a\u0000b', 'does not allow'],
    ['/a\u001fb', 'does not allow'],
    ['/a\ud83d\ude00', 'does not allow'],
    [undefined as unknown as string, 'not a string'],
  ])('%j is refused: it %s', (path, why) => {
    expect(validatePath(path)).toContain(why);
  });

  it('is taken apart and put together', () => {
    expect([parentOf('/a/b'), parentOf('/a'), parentOf('/')]).toEqual(['/a', '/', '/']);
    expect([nameOf('/a/b'), nameOf('/a')]).toEqual(['b', 'a']);
    expect([joinPath('/', 'a'), joinPath('/a', 'b')]).toEqual(['/a', '/a/b']);
    expect([
      isWithin('/a/b', '/a'),
      isWithin('/a', '/a'),
      isWithin('/ab', '/a'),
      isWithin('/a', '/'),
    ]).toEqual([true, true, false, true]);
  });
});

describe('a chroot', () => {
  it('is put before paths and taken away again', () => {
    const chroot = new Chroot('/app');
    for (const path of ['/', '/a', '/a/b']) expect(chroot.toClient(chroot.toServer(path))).toBe(path);
    expect(chroot.toServer('/')).toBe('/app');
    expect(chroot.toClient('/application')).toBe('/application');
    expect(new Chroot('').toServer('/a')).toBe('/a');
  });
});
