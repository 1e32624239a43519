const shortest = 6;
const hidden = '[secret]';
const secretKey = /password|passphrase|secret|token|^auth$|^authorization$/i;

/** Keeps secrets out of what is printed: the texts it was told, and the values of keys that tell what they hold. */
export class Redactor {
  readonly #secrets: string[];
  readonly #exact: Set<string>;

  constructor(secrets: readonly string[] = []) {
    this.#exact = new Set(secrets.filter((secret) => secret !== ''));
    // A short one inside a longer text would make every log unreadable, and tell itself by what is missing.
    this.#secrets = [...this.#exact]
      .filter((secret) => secret.length >= shortest)
      .sort((a, b) => b.length - a.length);
  }

  text(text: string): string {
    if (this.#exact.has(text)) return hidden;
    return this.#secrets.reduce((result, secret) => result.replaceAll(secret, hidden), text);
  }

  /** A copy of plain data without the secrets; errors become their message. */
  value(value: unknown, depth = 0): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'bigint') return value.toString();
    if (typeof value !== 'object' || value === null) return value;
    if (depth > 8) return '[deep]';
    if (value instanceof Error) return this.text(value.message);
    if (value instanceof Date) return value.toISOString();
    if (value instanceof Map || value instanceof Set) return this.value([...value], depth + 1);
    if (Array.isArray(value)) return value.map((item) => this.value(item, depth + 1));
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        secretKey.test(key) && item !== null && item !== undefined ? hidden : this.value(item, depth + 1),
      ]),
    );
  }
}
