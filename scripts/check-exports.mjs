/** Imports everything that the built packages export, as a user's program would: tests run the sources, users the build. */
import { readdirSync, readFileSync } from 'node:fs';

const packages = new URL('../packages/', import.meta.url);
let failed = 0;
for (const name of readdirSync(packages).sort()) {
  const { name: full, exports } = JSON.parse(readFileSync(new URL(`${name}/package.json`, packages), 'utf8'));
  for (const [path, target] of Object.entries(exports)) {
    if (typeof target === 'string') continue;
    try {
      await import(new URL(`${name}/${target.default}`, packages).href);
    } catch (error) {
      failed += 1;
      console.error(
        `${full}${path.slice(1)} cannot be imported: ${error instanceof Error ? error.stack : error}`,
      );
    }
  }
}
process.exitCode = failed === 0 ? 0 : 1;
