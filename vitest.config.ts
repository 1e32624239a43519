import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const packages = fileURLToPath(new URL('./packages', import.meta.url));

/** Tests run against the sources: `@dcmha/x` is `packages/x/src/index.ts`, `@dcmha/x/y` is `packages/x/src/y/index.ts`. */
const alias = [
  { find: /^@dcmha\/([^/]+)\/(.+)$/, replacement: `${packages}/$1/src/$2/index.ts` },
  { find: /^@dcmha\/([^/]+)$/, replacement: `${packages}/$1/src/index.ts` },
];

export default defineConfig({
  test: {
    reporters: ['default', fileURLToPath(new URL('./scripts/count-reporter.mjs', import.meta.url))],
    projects: [
      {
        resolve: { alias },
        test: { name: 'unit', include: ['packages/*/src/**/*.test.ts'], pool: 'forks', testTimeout: 20_000 },
      },
      {
        resolve: { alias },
        test: {
          name: 'real',
          include: ['packages/*/test/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
    ],
    maxWorkers: 2,
  },
});
