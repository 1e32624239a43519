import { entryKinds, type DetachedEntry } from './state.js';

const byNumber = new Intl.Collator('en', { numeric: true });

/** By kind, then by name (`mysql-2` before `mysql-10`): servers that start at the same time come in any order. */
export function inOrder(entries: readonly DetachedEntry[]): DetachedEntry[] {
  return [...entries].sort(
    (a, b) => entryKinds.indexOf(a.kind) - entryKinds.indexOf(b.kind) || byNumber.compare(a.name, b.name),
  );
}
