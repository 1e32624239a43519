import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fixture } from '../../testing/fixtures.js';

/** Flags of the first event's header: bit 0 says that the server did not close the file. */
const FLAGS_AT = 4 + 17;

/** The bytes of a fixture as a server leaves them that was killed. */
export function crashed(name: 'mysql' | 'mariadb', bytes?: number): Buffer {
  const copy = Buffer.from(fixture(name).subarray(0, bytes));
  if (copy.length > FLAGS_AT) copy[FLAGS_AT] = (copy[FLAGS_AT] as number) | 1;
  return copy;
}

/** A folder with binlog files and an index that names them. */
export class FixtureFolder {
  private constructor(private readonly path: string) {}

  static async make(files: Readonly<Record<string, Buffer>>): Promise<FixtureFolder> {
    const folder = new FixtureFolder(await mkdtemp(join(tmpdir(), 'dcmha-tail-')));
    await folder.write(files);
    return folder;
  }

  get index(): string {
    return join(this.path, 'binlog.index');
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Writes these files, and an index of them and no others. */
  async write(files: Readonly<Record<string, Buffer>>): Promise<void> {
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(this.path, name), bytes);
    await writeFile(
      this.index,
      Object.keys(files)
        .map((name) => `./${name}\n`)
        .join(''),
    );
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
