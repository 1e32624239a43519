import { MultiError, isZooKeeperError } from '@dcmha/zk-client';
import type { CallOptions, OpResult, ZooKeeper } from '@dcmha/zk-client';
import type { NodeValue } from '../model/index.js';
import type { StoreContext } from './context.js';
import { NotOwnerError } from './errors.js';
import { runMulti } from './multi.js';
import { NodeStore } from './node-store.js';
import type { StoreOp } from './store-op.js';
import type { StoreWatch } from './watching.js';

/** Proof that a session took ownership of a group. Worth nothing once another engine took it. */
export interface OwnershipClaim {
  readonly group: string;
  readonly engine: string;
  /** Unique to this taking of ownership. */
  readonly claim: string;
  readonly sessionId: bigint;
  /** Version of `engine/owner/<group>`. */
  readonly ownerVersion: number;
  /** Version of `engine/fence/<group>`: counts the takings of ownership. */
  readonly fenceVersion: number;
}

export type ClaimResult =
  | { readonly owned: true; readonly claim: OwnershipClaim }
  /** Another engine owns the group. */
  | { readonly owned: false; readonly owner: NodeValue<'engineOwner'> | null };

export interface ClaimOptions extends CallOptions {
  /** Id of the engine. */
  readonly engine: string;
}

const attemptsMax = 5;
const claimsMade = new WeakMap<ZooKeeper, number>();

/** Unique in the installation: ZooKeeper never gives a session id twice. */
function nextClaimId(zk: ZooKeeper): string {
  const count = (claimsMade.get(zk) ?? 0) + 1;
  claimsMade.set(zk, count);
  return `${zk.sessionId.toString(16)}-${count}`;
}

/**
 * Takes ownership of a group, unless another session has it. What was lost on the way is found again: a claim whose
 * answer did not come is recognised by its id. A claim made earlier in this session is replaced.
 */
export async function claimOwnership(
  context: StoreContext,
  group: string,
  options: ClaimOptions,
): Promise<ClaimResult> {
  const { zk } = context;
  const owners = new NodeStore(context, 'engineOwner');
  const fences = new NodeStore(context, 'engineFence');
  const call = { signal: options.signal, timeoutMs: options.timeoutMs };
  // Before the first connection there is no session id to make the claim unique.
  await zk.waitConnected(call);
  const claim = nextClaimId(zk);
  const value = { engine: options.engine, claim, sinceMs: context.clock.wallMs() };
  let lastError: unknown;
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    try {
      const [owner, fence] = await Promise.all([owners.read({ group }, call), fences.read({ group }, call)]);
      if (fence === null) {
        await createFence(fences, group, value, call);
        continue;
      }
      const ours = owner !== null && owner.stat.ephemeralOwner === zk.sessionId;
      if (owner !== null && !ours) return { owned: false, owner: owner.value };
      const made = { group, engine: options.engine, claim, sessionId: zk.sessionId };
      if (owner?.value.claim === claim && fence.value.claim === claim)
        return {
          owned: true,
          claim: { ...made, ownerVersion: owner.version, fenceVersion: fence.version },
        };
      const take =
        owner === null
          ? owners.opCreate({ group }, value)
          : owners.opWrite({ group }, value, { version: owner.version });
      await runMulti(context, [take, fences.opWrite({ group }, value, { version: fence.version })], call);
      return {
        owned: true,
        claim: {
          ...made,
          ownerVersion: owner === null ? 0 : owner.version + 1,
          fenceVersion: fence.version + 1,
        },
      };
    } catch (error) {
      // Somebody was quicker, or the answer was lost: look again.
      const lookAgain =
        error instanceof MultiError
          ? ['NODE_EXISTS', 'BAD_VERSION', 'NO_NODE'].includes(error.code)
          : isZooKeeperError(error, 'CONNECTION_LOSS');
      if (!lookAgain) throw error;
      lastError = error;
    }
  }
  throw lastError;
}

async function createFence(
  fences: NodeStore<'engineFence'>,
  group: string,
  value: NodeValue<'engineFence'>,
  call: CallOptions,
): Promise<void> {
  try {
    await fences.create({ group }, value, call);
  } catch (error) {
    if (!isZooKeeperError(error, 'NODE_EXISTS')) throw error;
  }
}

/** Writes of the engine that owns a group: each checks in the same multi that it still does. */
export class GroupOwner {
  readonly group: string;
  readonly claim: OwnershipClaim;
  readonly #context: StoreContext;
  readonly #owners: NodeStore<'engineOwner'>;
  readonly #fences: NodeStore<'engineFence'>;
  #released = false;

  constructor(context: StoreContext, claim: OwnershipClaim) {
    this.#context = context;
    this.group = claim.group;
    this.claim = claim;
    this.#owners = new NodeStore(context, 'engineOwner');
    this.#fences = new NodeStore(context, 'engineFence');
  }

  /**
   * Why this claim cannot be good any more as far as is known here, or `null`. Asks nobody: another engine may have
   * taken over all the same, which only a `multi` finds out.
   */
  get lostReason(): string | null {
    const { zk } = this.#context;
    if (this.#released) return 'it was released';
    if (zk.sessionId !== this.claim.sessionId) return 'it was taken in another session';
    if (zk.state === 'expired' || zk.state === 'closed') return `the session is ${zk.state}`;
    return zk.remainingMs() <= 0 ? 'the session may have expired by our own clock' : null;
  }

  /** @throws NotOwnerError when the claim is known to be lost. No I/O. */
  assertHeld(): void {
    const reason = this.lostReason;
    if (reason !== null) throw new NotOwnerError(this.group, this.claim.engine, reason);
  }

  /**
   * Carries out all operations, or none when the group has another owner by then.
   * @returns the results of `ops`.
   * @throws NotOwnerError; MultiError whose `index` counts in `ops`.
   */
  async multi(ops: readonly StoreOp[], options: CallOptions = {}): Promise<OpResult[]> {
    this.assertHeld();
    const { group } = this;
    const checks = [
      this.#owners.opCheck({ group }, { version: this.claim.ownerVersion }),
      this.#fences.opCheck({ group }, { version: this.claim.fenceVersion }),
    ];
    try {
      const results = await runMulti(this.#context, [...checks, ...ops], options);
      return results.slice(checks.length);
    } catch (error) {
      throw this.#translate(error, checks.length);
    }
  }

  /**
   * Calls the listener once when the claim is lost: the owner's node is gone or another's, or the session ended.
   */
  async watchLost(
    listener: (reason: string) => void,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<StoreWatch> {
    let told = false;
    const tell = (reason: string): void => {
      if (told || this.#released) return;
      told = true;
      listener(reason);
    };
    return this.#owners.watch(
      { group: this.group },
      (update) => {
        if (update.kind === 'lost') tell('the session ended');
        else if (update.kind === 'unreadable') tell(`its node holds something else: ${update.error.reason}`);
        else if (update.kind === 'value' && update.stored?.value.claim !== this.claim.claim)
          tell(update.stored === null ? 'its node is gone' : `${update.stored.value.engine} took over`);
      },
      options,
    );
  }

  /** Gives the group up. What is written with this claim afterwards is refused. */
  async release(options: CallOptions = {}): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    const { group } = this;
    try {
      await runMulti(
        this.#context,
        [
          this.#fences.opCheck({ group }, { version: this.claim.fenceVersion }),
          this.#owners.opDelete({ group }, { version: this.claim.ownerVersion }),
        ],
        options,
      );
    } catch (error) {
      // Somebody else's by now, or nobody's: nothing is left to give up.
      const gone =
        isZooKeeperError(error, 'NO_NODE') ||
        isZooKeeperError(error, 'BAD_VERSION') ||
        isZooKeeperError(error, 'SESSION_EXPIRED');
      if (!gone) throw error;
    }
  }

  #translate(error: unknown, checks: number): unknown {
    if (isZooKeeperError(error, 'SESSION_EXPIRED'))
      return new NotOwnerError(this.group, this.claim.engine, 'the session expired', { cause: error });
    if (!(error instanceof MultiError)) return error;
    if (error.index >= checks)
      return new MultiError(error.code, error.message, { path: error.path, index: error.index - checks });
    const reason = error.index === 0 ? 'its node is gone' : 'another engine took over';
    return new NotOwnerError(this.group, this.claim.engine, reason, { cause: error });
  }
}
