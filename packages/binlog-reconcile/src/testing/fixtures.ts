import { readFileSync } from 'node:fs';

/** Small binlogs of MySQL 9.7 and MariaDB 10.11 with every column type, made by scripts/make-fixtures.mjs. */
export function fixture(name: 'mysql' | 'mariadb'): Buffer {
  return readFileSync(new URL(`../../test/fixtures/${name}-binlog.bin`, import.meta.url));
}

/** Random numbers from a seed (mulberry32). */
export function seeded(seed: number): (max: number) => number {
  let state = seed;
  return (max) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * max);
  };
}
