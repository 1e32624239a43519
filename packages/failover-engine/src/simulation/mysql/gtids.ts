/** A MySQL GTID set that grows in place: what a server has executed changes thousands of times in a run. */
export class Gtids {
  /** Per server UUID: `[first, last]` pairs in order, not touching. */
  readonly #of = new Map<string, [number, number][]>();
  #text: string | null = '';

  static of(text: string): Gtids {
    const set = new Gtids();
    for (const part of text.split(',')) {
      const [uuid, ...ranges] = part.trim().split(':');
      if (uuid === undefined || uuid === '') continue;
      for (const range of ranges) {
        const [first, last] = range.split('-').map(Number) as [number, number | undefined];
        for (let n = first; n <= (last ?? first); n += 1) set.add(uuid, n);
      }
    }
    return set;
  }

  has(uuid: string, n: number): boolean {
    return this.#of.get(uuid)?.some(([first, last]) => first <= n && n <= last) ?? false;
  }

  add(uuid: string, n: number): void {
    let ranges = this.#of.get(uuid);
    if (ranges === undefined) this.#of.set(uuid, (ranges = []));
    const tail = ranges.at(-1);
    if (tail !== undefined && n <= tail[1]) {
      if (this.has(uuid, n)) return;
      ranges.push([n, n]);
      ranges.sort(([a], [b]) => a - b);
      this.#of.set(uuid, joined(ranges));
    } else if (tail !== undefined && tail[1] === n - 1) tail[1] = n;
    else ranges.push([n, n]);
    this.#text = null;
  }

  addAll(other: Gtids): void {
    for (const [uuid, ranges] of other.#of)
      for (const [first, last] of ranges)
        for (let n = first; n <= last; n += 1) if (!this.has(uuid, n)) this.add(uuid, n);
  }

  contains(other: Gtids): boolean {
    for (const [uuid, ranges] of other.#of) {
      const own = this.#of.get(uuid) ?? [];
      if (!ranges.every(([a, b]) => own.some(([first, last]) => first <= a && b <= last))) return false;
    }
    return true;
  }

  /** What this has and `other` has not. */
  without(other: Gtids): Gtids {
    const rest = new Gtids();
    for (const [uuid, ranges] of this.#of)
      for (const [first, last] of ranges)
        for (let n = first; n <= last; n += 1) if (!other.has(uuid, n)) rest.add(uuid, n);
    return rest;
  }

  *each(): Generator<readonly [uuid: string, n: number]> {
    for (const [uuid, ranges] of this.#of)
      for (const [first, last] of ranges) for (let n = first; n <= last; n += 1) yield [uuid, n];
  }

  get count(): number {
    let count = 0;
    for (const ranges of this.#of.values()) for (const [first, last] of ranges) count += last - first + 1;
    return count;
  }

  get isEmpty(): boolean {
    return this.#of.size === 0;
  }

  /** The number that the server with this UUID gives its next transaction: the lowest that is free. */
  nextOf(uuid: string): number {
    const first = this.#of.get(uuid)?.[0];
    return first === undefined || first[0] > 1 ? 1 : first[1] + 1;
  }

  copy(): Gtids {
    const copy = new Gtids();
    for (const [uuid, ranges] of this.#of)
      copy.#of.set(
        uuid,
        ranges.map(([first, last]) => [first, last]),
      );
    copy.#text = this.#text;
    return copy;
  }

  clear(): void {
    this.#of.clear();
    this.#text = '';
  }

  toString(): string {
    this.#text ??= [...this.#of]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(
        ([uuid, ranges]) => `${uuid}:${ranges.map(([a, b]) => (a === b ? `${a}` : `${a}-${b}`)).join(':')}`,
      )
      .join(',');
    return this.#text;
  }
}

function joined(ranges: readonly (readonly [number, number])[]): [number, number][] {
  const out: [number, number][] = [];
  for (const [first, last] of ranges) {
    const tail = out.at(-1);
    if (tail !== undefined && first <= tail[1] + 1) tail[1] = Math.max(tail[1], last);
    else out.push([first, last]);
  }
  return out;
}
