import type { z } from 'zod';
import type { ConfigProblem } from './config-error.js';
import { didYouMean } from './did-you-mean.js';
import { knownKeys } from './known-keys.js';

type Issue = z.core.$ZodIssue;

/** What zod found wrong, in words for the person who wrote the file: key, line, what was expected. */
export function describeIssues(
  schema: z.ZodType,
  issues: readonly Issue[],
  lineOf: (path: readonly PropertyKey[]) => number | undefined,
): ConfigProblem[] {
  return issues.flatMap((issue) => describe(schema, issue, [], lineOf));
}

function describe(
  schema: z.ZodType,
  issue: Issue,
  above: readonly PropertyKey[],
  lineOf: (path: readonly PropertyKey[]) => number | undefined,
): ConfigProblem[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, path);
    return issue.keys.map((key) => ({
      key: keyText([...path, key]),
      line: lineOf([...path, key]),
      message: `unknown key${didYouMean(key, known) || `; expected one of ${known.join(', ')}`}`,
    }));
  }
  if (issue.code === 'invalid_union') {
    const branch = nearestBranch(issue.errors);
    if (branch !== undefined) return branch.flatMap((inner) => describe(schema, inner, path, lineOf));
  }
  if (issue.code === 'invalid_key' || issue.code === 'invalid_element') {
    return issue.issues.flatMap((inner) => describe(schema, inner, path, lineOf));
  }
  const isMissing = issue.code === 'invalid_type' && / received undefined$/.test(issue.message);
  return [
    {
      ...(path.length === 0 ? {} : { key: keyText(path) }),
      line: lineOf(path),
      message: isMissing ? `is missing; expected ${expectedOf(issue)}` : plain(issue.message),
    },
  ];
}

/** Of a union's alternatives the one that the value came closest to: told about the others, nobody would be helped. */
function nearestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const depth = (issues: readonly Issue[]): number => Math.max(...issues.map((issue) => issue.path.length));
  return branches
    .filter((issues) => issues.length > 0)
    .sort((a, b) => depth(b) - depth(a) || wrongTypes(a) - wrongTypes(b) || a.length - b.length)[0];
}

/** An alternative whose very kind differs (a text where there is an object) is not what was meant. */
const wrongTypes = (issues: readonly Issue[]): number =>
  issues.filter((issue) => issue.code === 'invalid_type' && issue.path.length === 0).length;

const expectedOf = (issue: Issue): string =>
  /expected (.+), received undefined$/.exec(issue.message)?.[1] ?? 'a value';

/** zod begins its messages with what everybody sees anyway. */
const plain = (message: string): string => message.replace(/^(Invalid input|Too \w+|Invalid \w+): /, '');

function keyText(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index ? '.' : ''}${String(key)}`))
    .join('');
}
