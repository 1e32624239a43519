export interface StoryLine {
  readonly atMs: number;
  readonly who: string;
  readonly what: string;
}

/** Everything worth telling of a run, in order. */
export class Story {
  readonly lines: StoryLine[] = [];
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  tell(who: string, what: string): void {
    this.lines.push({ atMs: this.#nowMs(), who, what });
  }

  text(): string {
    const wide = Math.min(
      24,
      this.lines.reduce((most, line) => Math.max(most, line.who.length), 0),
    );
    return this.lines
      .map((line) => `${(line.atMs / 1000).toFixed(3).padStart(9)}  ${line.who.padEnd(wide)}  ${line.what}`)
      .join('\n');
  }
}
