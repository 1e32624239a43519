import type { NodeKey } from '../model/index.js';

/** A write that would let an epoch (or the version of a route) fall: it comes from someone who missed a change. */
export class EpochError extends Error {
  override readonly name = 'EpochError';
  readonly node: NodeKey;
  readonly path: string;
  readonly epoch: number;
  /** What was read before. */
  readonly previousEpoch: number;

  constructor(
    node: NodeKey,
    path: string,
    epochs: { readonly epoch: number; readonly previousEpoch: number },
    message: string,
  ) {
    super(`${path} (${node}): ${message}`);
    this.node = node;
    this.path = path;
    this.epoch = epochs.epoch;
    this.previousEpoch = epochs.previousEpoch;
  }
}

/** The engine that wanted to write does not own the group any more. Nothing was written. */
export class NotOwnerError extends Error {
  override readonly name = 'NotOwnerError';
  readonly group: string;
  readonly engine: string;
  readonly reason: string;

  constructor(group: string, engine: string, reason: string, options: { readonly cause?: unknown } = {}) {
    super(
      `${engine} does not own the group ${group} any more: ${reason}; nothing was written, leave the group to its owner`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.group = group;
    this.engine = engine;
    this.reason = reason;
  }
}

/** An ephemeral node stands where ours should, and it belongs to another session (or to none). */
export class ForeignNodeError extends Error {
  override readonly name = 'ForeignNodeError';
  readonly node: NodeKey;
  readonly path: string;
  /** Session that owns it; `0n`: a persistent node. */
  readonly ephemeralOwner: bigint;
  /** What it holds, as text, for a person. */
  readonly holds: string;

  constructor(
    node: NodeKey,
    path: string,
    facts: { ephemeralOwner: bigint; holds: string; waitedMs: number },
  ) {
    const whose =
      facts.ephemeralOwner === 0n
        ? 'is a persistent node, which no session will ever give up: look at it and delete it by hand'
        : `belongs to the session 0x${facts.ephemeralOwner.toString(16)}, which did not give it up within ${facts.waitedMs} ms`;
    super(`${path} (${node}) ${whose}; it holds ${facts.holds.slice(0, 200)}`);
    this.node = node;
    this.path = path;
    this.ephemeralOwner = facts.ephemeralOwner;
    this.holds = facts.holds;
  }
}
