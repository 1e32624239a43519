import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, resolve } from 'node:path';

/** A binlog index names no file that is there. */
export class BinlogIndexError extends Error {
  constructor(
    readonly path: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(`binlog index ${path}: ${message}`, options);
    this.name = 'BinlogIndexError';
  }
}

/**
 * The files that a server's index (`binlog.index`) names, oldest first. Names are relative to the index's own folder; an
 * absolute one whose file is gone is looked for there too, so that a copied folder can be read.
 * @throws BinlogIndexError when the index cannot be read or is empty
 */
export async function readBinlogIndex(path: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new BinlogIndexError(path, `cannot be read (${(cause as Error).message})`, { cause });
  }
  const folder = dirname(resolve(path));
  const names = text.split('\n').filter((line) => line.trim() !== '');
  if (names.length === 0) throw new BinlogIndexError(path, 'names no file');
  return Promise.all(
    names.map(async (name) => {
      if (!isAbsolute(name)) return resolve(folder, name);
      const there = await stat(name).then(
        () => true,
        () => false,
      );
      return there ? name : resolve(folder, basename(name));
    }),
  );
}
