import { GtidParseError } from './errors.js';
import { normalizeTag, normalizeUuid, type GtidSource } from './gtid.js';
import { appendInterval, FIRST_GNO, LAST_GNO, normalizeIntervals, type Intervals } from './intervals.js';

/**
 * Reads the text form of a MySQL GTID set, as `gtid_executed` shows it and as people write it: any order, overlaps,
 * repeated UUIDs, upper case, blanks and line ends between any two parts, empty parts between commas. A tag holds for
 * the intervals after it, until the next tag or UUID (MySQL manual, "GTID Sets"). An interval that runs backwards
 * (`5-3`) is refused: the server would silently read it as empty.
 *
 * Throws {@link GtidParseError}.
 */
export function parseGtidSetText(text: string): Map<GtidSource, Intervals> {
  const scanner = new Scanner(text);
  const sources = new Map<GtidSource, IntervalCollector>();
  scanner.skipBlanksAndCommas();
  while (!scanner.atEnd()) {
    const uuid = scanner.uuid();
    let collector: IntervalCollector | undefined;
    let intervalsOfSource = 0;
    do {
      scanner.expectColon(intervalsOfSource === 0);
      const tag = scanner.tagIfAny();
      if (tag !== undefined) {
        collector = collectorOf(sources, `${uuid}:${tag}`);
        intervalsOfSource = 0;
        continue;
      }
      collector ??= collectorOf(sources, uuid);
      const first = scanner.gno();
      const last = scanner.dash() ? scanner.gno(first) : first;
      collector.add(first, last + 1n);
      intervalsOfSource++;
    } while (scanner.moreParts(intervalsOfSource > 0));
    scanner.expectCommaOrEnd();
    scanner.skipBlanksAndCommas();
  }
  return new Map([...sources].map(([source, collector]) => [source, collector.intervals()]));
}

function collectorOf(sources: Map<GtidSource, IntervalCollector>, source: GtidSource): IntervalCollector {
  let collector = sources.get(source);
  if (collector === undefined) sources.set(source, (collector = new IntervalCollector()));
  return collector;
}

/** Gathers intervals; those in ascending order (every text that a server prints) need no sorting. */
class IntervalCollector {
  readonly #ascending: bigint[] = [];
  readonly #others: [bigint, bigint][] = [];

  add(from: bigint, to: bigint): void {
    const end = this.#ascending.at(-1);
    if (end === undefined || from >= end) appendInterval(this.#ascending, from, to);
    else this.#others.push([from, to]);
  }

  intervals(): Intervals {
    if (this.#others.length === 0) return this.#ascending;
    const pairs = [...this.#others];
    for (let i = 0; i < this.#ascending.length; i += 2) {
      pairs.push([this.#ascending[i] as bigint, this.#ascending[i + 1] as bigint]);
    }
    return normalizeIntervals(pairs);
  }
}

const COLON = 0x3a;
const COMMA = 0x2c;
const DASH = 0x2d;

class Scanner {
  #at = 0;

  constructor(readonly text: string) {}

  atEnd(): boolean {
    return this.#at >= this.text.length;
  }

  skipBlanks(): void {
    while (isBlank(this.text.charCodeAt(this.#at))) this.#at++;
  }

  skipBlanksAndCommas(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.#at);
      if (code !== COMMA && !isBlank(code)) return;
      this.#at++;
    }
  }

  uuid(): string {
    const from = this.#at;
    while (isUuidCharacter(this.text.charCodeAt(this.#at)) && this.#at - from <= 38) this.#at++;
    const uuid = normalizeUuid(this.text.slice(from, this.#at));
    if (uuid === undefined) throw new GtidParseError(this.text, from, 'a server UUID');
    this.skipBlanks();
    return uuid;
  }

  expectColon(mustFollow: boolean): void {
    if (this.text.charCodeAt(this.#at) !== COLON) {
      throw new GtidParseError(this.text, this.#at, mustFollow ? "':' and a number or tag" : "':'");
    }
    this.#at++;
    this.skipBlanks();
  }

  /** A tag, when a letter or underscore stands here. */
  tagIfAny(): string | undefined {
    if (!isTagStart(this.text.charCodeAt(this.#at))) return undefined;
    const from = this.#at;
    while (isTagCharacter(this.text.charCodeAt(this.#at))) this.#at++;
    const tag = normalizeTag(this.text.slice(from, this.#at));
    if (tag === undefined) throw new GtidParseError(this.text, from, 'a tag of at most 32 characters');
    this.skipBlanks();
    return tag;
  }

  gno(atLeast = FIRST_GNO): bigint {
    const from = this.#at;
    let small = 0;
    for (;;) {
      const digit = this.text.charCodeAt(this.#at) - 0x30;
      if (!(digit >= 0 && digit <= 9)) break;
      small = small * 10 + digit;
      this.#at++;
    }
    const digits = this.#at - from;
    // Fifteen digits are exact in a double; longer numbers take the slow way.
    const value = digits === 0 ? 0n : digits <= 15 ? BigInt(small) : BigInt(this.text.slice(from, this.#at));
    if (digits === 0 || value < FIRST_GNO || value > LAST_GNO) {
      throw new GtidParseError(this.text, from, `a number from 1 to ${LAST_GNO}`);
    }
    if (value < atLeast) {
      throw new GtidParseError(this.text, from, `the end of an interval that begins with ${atLeast}`);
    }
    this.skipBlanks();
    return value;
  }

  dash(): boolean {
    if (this.text.charCodeAt(this.#at) !== DASH) return false;
    this.#at++;
    this.skipBlanks();
    return true;
  }

  /** Whether another interval or tag follows; after a tag one must. */
  moreParts(mayEnd: boolean): boolean {
    return this.text.charCodeAt(this.#at) === COLON || !mayEnd;
  }

  expectCommaOrEnd(): void {
    if (!this.atEnd() && this.text.charCodeAt(this.#at) !== COMMA) {
      throw new GtidParseError(this.text, this.#at, "':', ',' or the end");
    }
  }
}

function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

function isUuidCharacter(code: number): boolean {
  const lower = code | 0x20;
  return (
    (code >= 0x30 && code <= 0x39) ||
    (lower >= 0x61 && lower <= 0x66) ||
    code === DASH ||
    code === 0x7b ||
    code === 0x7d
  );
}

function isTagStart(code: number): boolean {
  const lower = code | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || code === 0x5f;
}

function isTagCharacter(code: number): boolean {
  return isTagStart(code) || (code >= 0x30 && code <= 0x39);
}
