import { createHash } from 'node:crypto';

const weights = new Map<string, string>();
const weightsMax = 100_000;

/** The same pair is asked for at every change of the tree. */
function weightOf(engine: string, group: string): string {
  const key = `${engine}\0${group}`;
  const known = weights.get(key);
  if (known !== undefined) return known;
  if (weights.size >= weightsMax) weights.clear();
  const weight = createHash('sha256').update(key).digest('hex');
  weights.set(key, weight);
  return weight;
}

/** Who should own a group: the member with the highest weight (rendezvous hashing), so that few groups move when engines come and go. */
export function preferredEngine(group: string, engines: readonly string[]): string | null {
  let best: { readonly engine: string; readonly weight: string } | null = null;
  for (const engine of engines) {
    const weight = weightOf(engine, group);
    if (best === null || weight > best.weight || (weight === best.weight && engine < best.engine))
      best = { engine, weight };
  }
  return best?.engine ?? null;
}

export interface OwnershipInput {
  readonly me: string;
  readonly engines: readonly string[];
  readonly groups: readonly string[];
  /** Which engine owns a group now. */
  readonly owners: ReadonlyMap<string, string>;
  /** Groups without an owner, and since when (monotonic, ms). */
  readonly orphanedSince: ReadonlyMap<string, number>;
  readonly nowMs: number;
  /** An orphan that its preferred engine has not taken for so long is taken by anybody. */
  readonly orphanPatienceMs: number;
}

export interface OwnershipPlan {
  readonly claim: readonly string[];
  /** Owned by this engine and better with another one: given up once nothing is under way. */
  readonly release: readonly string[];
}

export function planOwnership(input: OwnershipInput): OwnershipPlan {
  const groups = new Set(input.groups);
  const claim: string[] = [];
  const release: string[] = [];
  for (const group of input.groups) {
    const preferred = preferredEngine(group, input.engines);
    const owner = input.owners.get(group);
    if (owner === undefined) {
      const sinceMs = input.orphanedSince.get(group) ?? input.nowMs;
      if (preferred === input.me || input.nowMs - sinceMs >= input.orphanPatienceMs) claim.push(group);
    } else if (owner === input.me && preferred !== input.me && preferred !== null) release.push(group);
  }
  for (const [group, owner] of input.owners) {
    if (owner === input.me && !groups.has(group)) release.push(group);
  }
  return { claim, release };
}
