import {
  checkPolicy,
  defaultGroupPolicy,
  groupPolicySchema,
  policyProblemText,
  type GroupPolicy,
  type PolicyFacts,
} from '@dcmha/zk-schema';

export interface CheckedPolicy {
  readonly policy: GroupPolicy;
  /** Why it is refused, key and value named; empty when it is good. `policy` is then what is left without those keys. */
  readonly refused: readonly string[];
}

const parsed = new WeakMap<object, CheckedPolicy>();

/** Reads the policy of a group's node; once for each version of it. */
export function readPolicy(meta: { readonly policy?: unknown }): CheckedPolicy {
  const known = parsed.get(meta);
  if (known !== undefined) return known;
  const checked = parse(meta.policy ?? {});
  parsed.set(meta, checked);
  return checked;
}

/** Why a policy that is good in itself cannot be used on this group. */
export function contradictions(policy: GroupPolicy, facts: PolicyFacts): readonly string[] {
  return checkPolicy(policy, facts).map(policyProblemText);
}

function parse(input: unknown): CheckedPolicy {
  const result = groupPolicySchema.safeParse(input);
  if (result.success) return { policy: result.data, refused: [] };
  const refused = result.error.issues.map(({ path, message }) => {
    const key = path.map(String).join('.');
    const value = valueAt(input, path);
    return key === ''
      ? message
      : `${key}${value === undefined ? '' : ` = ${JSON.stringify(value)}`}: ${message}`;
  });
  // An operation that is under way is finished with the rest of it.
  const bad = new Set(result.error.issues.map(({ path }) => String(path[0])));
  const rest =
    typeof input === 'object' && input !== null
      ? Object.fromEntries(
          Object.entries(input).filter(([key]) => !bad.has(key) && key in defaultGroupPolicy),
        )
      : {};
  const again = groupPolicySchema.safeParse(rest);
  return { policy: again.success ? again.data : defaultGroupPolicy, refused };
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined,
    input,
  );
}
