import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const source = dirname(fileURLToPath(import.meta.url));
const { dependencies } = JSON.parse(readFileSync(join(source, '../package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
};

/** The packages, and the folders of this one, that a module needs when it runs, directly or not. */
function needs(entry: string): { packages: string[]; folders: string[] } {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const follow = (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    const code = readFileSync(path, 'utf8');
    for (const [, what = '', from = ''] of code.matchAll(
      /^(?:import|export)\b([^;]*?)\bfrom '([^']+)';/gms,
    )) {
      if (/^\s+type\b/.test(what)) continue;
      if (from.startsWith('.')) follow(join(dirname(path), from.replace(/\.js$/, '.ts')));
      else if (!from.startsWith('node:')) packages.add(from);
    }
  };
  follow(join(source, entry));
  const folders = new Set([...seen].map((path) => path.slice(source.length + 1).split('/')[0] ?? ''));
  return {
    packages: [...packages].sort(),
    folders: [...folders].filter((name) => !name.endsWith('.ts')).sort(),
  };
}

test.each([
  ['gtid/index.ts', [], ['gtid']],
  ['events/index.ts', [], ['events', 'gtid']],
  ['rows/index.ts', [], ['events', 'gtid', 'rows']],
  ['sql/index.ts', ['fzstd'], ['events', 'gtid', 'reading', 'rows', 'sql', 'transactions']],
  [
    'apply/index.ts',
    ['fzstd', 'mysql2'],
    ['apply', 'events', 'gtid', 'reading', 'rows', 'sql', 'transactions'],
  ],
])('%s needs no more than it must', (entry, packages, folders) => {
  const found = needs(entry);
  expect(packages).toEqual(expect.arrayContaining(found.packages));
  expect(folders).toEqual(expect.arrayContaining(found.folders));
});

test('nothing needs ZooKeeper, nor any other package of dcmha', () => {
  expect(Object.keys(dependencies).sort()).toEqual(['fzstd', 'mysql2']);
});
