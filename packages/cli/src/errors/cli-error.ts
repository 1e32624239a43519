import { ExitCode } from '../exit-code.js';

export interface CliErrorFacts {
  /** What should have been there. */
  readonly expected?: string;
  /** What to do about it. */
  readonly remedy?: string;
  /** Default `ExitCode.failed`. */
  readonly exitCode?: ExitCode;
  readonly cause?: unknown;
}

/** An error for a person: `dcmha: what; expected; remedy`. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly what: string;
  readonly expected: string | undefined;
  readonly remedy: string | undefined;
  readonly exitCode: ExitCode;

  constructor(what: string, facts: CliErrorFacts = {}) {
    super(
      [what, facts.expected, facts.remedy].filter((part) => part !== undefined).join('; '),
      facts.cause === undefined ? undefined : { cause: facts.cause },
    );
    this.what = what;
    this.expected = facts.expected;
    this.remedy = facts.remedy;
    this.exitCode = facts.exitCode ?? ExitCode.failed;
  }
}

/** Several things are wrong at once; each is told. */
export class CliErrors extends CliError {
  readonly problems: readonly string[];

  constructor(what: string, problems: readonly string[], facts: CliErrorFacts = {}) {
    super([what, ...problems.map((problem) => `  - ${problem}`)].join('\n'), facts);
    this.problems = problems;
  }
}
