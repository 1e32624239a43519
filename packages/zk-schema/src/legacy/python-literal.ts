import { isWellFormed } from '../path/well-formed.js';
import { PythonLiteralError } from './python-literal-error.js';

/** A dict is a `Map`, so that no key of it can be mistaken for a property; lists and tuples are arrays. */
export type PythonValue =
  null | boolean | number | string | PythonValue[] | Map<string | number, PythonValue>;

const lengthMax = 1_048_576;
const depthMax = 32;

/**
 * Reads what Python's `str()` makes of dict, list, tuple, str, int, bool and None; nothing is evaluated. Strict where
 * Python is lenient: no duplicate keys, no joined strings, no numbers beyond 2^53, no floats.
 * @throws PythonLiteralError for anything else, text after the value, more than 32 levels, or more than 1 MiB.
 */
export function parsePythonLiteral(text: string): PythonValue {
  if (text.length > lengthMax) throw new PythonLiteralError(`it is longer than ${lengthMax}`, lengthMax);
  const parser = new Parser(text);
  const value = parser.value(0);
  parser.end();
  return value;
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): PythonValue {
    if (depth > depthMax) this.#fail(`more than ${depthMax} levels`);
    this.#skipSpace();
    const character = this.#text[this.#at];
    switch (character) {
      case undefined:
        return this.#fail('the text ends where a value is expected');
      case '{':
        return this.#dict(depth);
      case '[':
        return this.#sequence(']', depth).items;
      case '(': {
        const { items, comma } = this.#sequence(')', depth);
        // Parentheses around one value without a comma only group it.
        return items.length === 1 && !comma ? (items[0] as PythonValue) : items;
      }
      case "'":
      case '"':
        return this.#string('str');
    }
    if (/[-0-9]/.test(character)) return this.#integer();
    return this.#word();
  }

  end(): void {
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#fail('something stands after the value');
  }

  #dict(depth: number): Map<string | number, PythonValue> {
    const dict = new Map<string | number, PythonValue>();
    this.#at += 1;
    while (!this.#takes('}')) {
      const keyAt = this.#at;
      const key = this.value(depth + 1);
      if (typeof key !== 'string' && typeof key !== 'number')
        this.#fail('a key is neither a string nor an integer', keyAt);
      if (dict.has(key)) this.#fail(`the key ${JSON.stringify(key)} stands twice`, keyAt);
      if (!this.#takes(':')) this.#fail('":" is expected after a key');
      dict.set(key, this.value(depth + 1));
      if (!this.#takes(',')) {
        if (!this.#takes('}')) this.#fail('"," or "}" is expected');
        return dict;
      }
    }
    return dict;
  }

  #sequence(close: ']' | ')', depth: number): { items: PythonValue[]; comma: boolean } {
    const items: PythonValue[] = [];
    this.#at += 1;
    let comma = false;
    while (!this.#takes(close)) {
      items.push(this.value(depth + 1));
      comma = this.#takes(',');
      if (comma) continue;
      if (!this.#takes(close)) this.#fail(`"," or "${close}" is expected`);
      break;
    }
    return { items, comma: comma || items.length === 0 };
  }

  #integer(): number {
    const match = /^-?(?:0|[1-9]\d{0,15})(?![\d.eExXoObBjJ_])[lL]?(?!\w)/.exec(
      this.#text.slice(this.#at, this.#at + 24),
    );
    if (match === null) return this.#fail('a number that is no plain integer');
    const number = Number(match[0].replace(/[lL]$/, ''));
    if (!Number.isSafeInteger(number)) this.#fail('an integer beyond 2^53');
    this.#at += match[0].length;
    // `-0` is 0 in Python.
    return number === 0 ? 0 : number;
  }

  #word(): PythonValue {
    const word = /^[A-Za-z_]{1,8}/.exec(this.#text.slice(this.#at, this.#at + 8))?.[0] ?? '';
    const next = this.#text[this.#at + word.length];
    if (/^[uUbB]$/.test(word) && (next === "'" || next === '"')) {
      this.#at += 1;
      return this.#string(word.toLowerCase() === 'u' ? 'unicode' : 'str');
    }
    if (next !== undefined && /\w/.test(next)) this.#fail('a word that is no literal');
    const literal = { None: null, True: true, False: false }[word];
    if (literal === undefined) return this.#fail('something that is no literal');
    this.#at += word.length;
    return literal;
  }

  /** `str` is a string of bytes (Python 2): `\x` escapes are UTF-8. In `unicode` they are code points. */
  #string(kind: 'str' | 'unicode'): string {
    const startedAt = this.#at;
    const quote = this.#text[this.#at] as string;
    this.#at += 1;
    let text = '';
    let bytes: number[] = [];
    const flush = (): void => {
      if (bytes.length > 0) text += this.#utf8(bytes, startedAt);
      bytes = [];
    };
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined) this.#fail('a string does not end', startedAt);
      if (character === '\n' || character === '\r') this.#fail('a line ends within a string');
      if (character === quote) break;
      if (character !== '\\') {
        flush();
        text += character;
        this.#at += 1;
        continue;
      }
      const escape = this.#escape(kind);
      if (typeof escape === 'number') bytes.push(escape);
      else {
        flush();
        text += escape;
      }
    }
    flush();
    this.#at += 1;
    if (!isWellFormed(text)) this.#fail('a string with half of a surrogate pair', startedAt);
    return text;
  }

  /** The text that an escape stands for, or the byte (0 to 255). */
  #escape(kind: 'str' | 'unicode'): string | number {
    const rest = this.#text.slice(this.#at, this.#at + 10);
    const simple = { '\\': '\\', "'": "'", '"': '"', n: '\n', r: '\r', t: '\t' }[rest[1] ?? ''];
    if (simple !== undefined) {
      this.#at += 2;
      return simple;
    }
    const hex = /^\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(rest);
    if (hex === null) return this.#fail('an escape that is not known');
    const [whole, byte, ...wide] = hex;
    if (byte === undefined && kind === 'str') return this.#fail('a Unicode escape in a string of bytes');
    const code = Number.parseInt(byte ?? wide[0] ?? wide[1] ?? '', 16);
    if (code > 0x10ffff) return this.#fail('an escape beyond Unicode');
    this.#at += whole.length;
    if (byte !== undefined && kind === 'str') return code;
    return code > 0xffff ? String.fromCodePoint(code) : String.fromCharCode(code);
  }

  #utf8(bytes: readonly number[], at: number): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
    } catch {
      return this.#fail('bytes that are not UTF-8', at);
    }
  }

  #takes(character: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #skipSpace(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? '')) this.#at += 1;
  }

  #fail(reason: string, at = this.#at): never {
    throw new PythonLiteralError(reason, at);
  }
}
