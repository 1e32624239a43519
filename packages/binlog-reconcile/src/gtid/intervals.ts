/**
 * Sets of whole numbers as a flat list of boundaries `[from, to, from, to, ...]`, `to` exclusive: strictly ascending,
 * so neighbours are merged and equal sets have equal lists. Every operation is one sweep over both lists.
 */
export type Intervals = readonly bigint[];

/** The smallest GNO that a server can assign. */
export const FIRST_GNO = 1n;
/** The largest GNO that a server can assign: 2^63 - 2 (`GNO_END - 1` in MySQL's `rpl_gtid.h`). */
export const LAST_GNO = 9223372036854775806n;

/** Puts pairs `[from, to)` that may overlap, touch or be out of order into canonical form. Empty pairs vanish. */
export function normalizeIntervals(pairs: readonly (readonly [from: bigint, to: bigint])[]): Intervals {
  const sorted = pairs
    .filter(([from, to]) => from < to)
    .sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  const result: bigint[] = [];
  for (const [from, to] of sorted) appendInterval(result, from, to);
  return result;
}

/** Adds `[from, to)`, whose `from` is not below any earlier `from`, at the end of a canonical list. */
export function appendInterval(list: bigint[], from: bigint, to: bigint): void {
  const last = list.length - 1;
  const end = list[last];
  if (end === undefined || from > end) list.push(from, to);
  else if (to > end) list[last] = to;
}

/** The numbers for which `keep(inA, inB)` holds; `keep(false, false)` must be false. */
export function combineIntervals(
  a: Intervals,
  b: Intervals,
  keep: (inA: boolean, inB: boolean) => boolean,
): Intervals {
  const result: bigint[] = [];
  let i = 0;
  let j = 0;
  let kept = false;
  while (i < a.length || j < b.length) {
    const nextA = a[i];
    const nextB = b[j];
    const point = nextB === undefined || (nextA !== undefined && nextA < nextB) ? (nextA as bigint) : nextB;
    if (nextA === point) i++;
    if (nextB === point) j++;
    // An odd number of boundaries passed means that the point lies inside.
    const keepHere = keep((i & 1) === 1, (j & 1) === 1);
    if (keepHere !== kept) {
      result.push(point);
      kept = keepHere;
    }
  }
  return result;
}

/** How many boundaries of `list` are at or below `value`; `start` (even) says that the first ones are known to be. */
export function boundariesUpTo(list: Intervals, value: bigint, start = 0): number {
  let low = start;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] as bigint) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether `value` is in the set. */
export function intervalsHave(list: Intervals, value: bigint): boolean {
  return (boundariesUpTo(list, value) & 1) === 1;
}

/** Whether every number of `inner` is in `outer`. */
export function intervalsContain(outer: Intervals, inner: Intervals): boolean {
  let at = 0;
  for (let i = 0; i < inner.length; i += 2) {
    at = boundariesUpTo(outer, inner[i] as bigint, at);
    if ((at & 1) === 0) return false;
    if ((outer[at] as bigint) < (inner[i + 1] as bigint)) return false;
    at -= 1;
  }
  return true;
}

/** How many numbers are in the set. */
export function countIntervals(list: Intervals): bigint {
  let count = 0n;
  for (let i = 0; i < list.length; i += 2) count += (list[i + 1] as bigint) - (list[i] as bigint);
  return count;
}

/** Whether both lists are the same set. */
export function sameIntervals(a: Intervals, b: Intervals): boolean {
  return a.length === b.length && a.every((boundary, i) => boundary === b[i]);
}

/** Adds one number in place; at the end (the usual order in a binary log) in constant time. */
export function insertNumber(list: bigint[], value: bigint): void {
  const end = list[list.length - 1];
  if (end === undefined || value >= end) {
    appendInterval(list, value, value + 1n);
    return;
  }
  const at = boundariesUpTo(list, value);
  if ((at & 1) === 1) return;
  const touchesPrevious = at > 0 && list[at - 1] === value;
  const touchesNext = list[at] === value + 1n;
  if (touchesPrevious && touchesNext) list.splice(at - 1, 2);
  else if (touchesPrevious) list[at - 1] = value + 1n;
  else if (touchesNext) list[at] = value;
  else list.splice(at, 0, value, value + 1n);
}
