import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';

export interface ConfigProblem {
  /** `mysql.password`; without it the problem is that of the whole file. */
  readonly key?: string;
  readonly line?: number;
  readonly message: string;
}

/** A configuration file that cannot be used: every problem with its key and line. */
export class ConfigError extends CliError {
  readonly path: string;
  readonly problems: readonly ConfigProblem[];

  constructor(path: string, problems: readonly ConfigProblem[], cause?: unknown) {
    super(
      problems.length === 1
        ? `configuration ${describe(path, problems[0]!)}`
        : [
            `configuration ${path} has ${problems.length} problems`,
            ...problems.map((problem) => `  - ${describe(path, problem)}`),
          ].join('\n'),
      { exitCode: ExitCode.usage, cause },
    );
    this.path = path;
    this.problems = problems;
  }
}

function describe(path: string, { key, line, message }: ConfigProblem): string {
  const place = line === undefined ? path : `${path}:${line}`;
  return key === undefined ? `${place}: ${message}` : `${place}: ${key}: ${message}`;
}
