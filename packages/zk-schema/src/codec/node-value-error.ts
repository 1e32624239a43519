import type { NodeKey } from '../model/index.js';

/** A value that is not one of its node: found in the tree, or about to be written. Nothing is guessed from it. */
export class NodeValueError extends Error {
  override readonly name = 'NodeValueError';
  readonly node: NodeKey;
  readonly path: string;
  readonly reason: string;

  constructor(node: NodeKey, path: string, reason: string, options: { readonly cause?: unknown } = {}) {
    super(`${path} (${node}): ${reason}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.node = node;
    this.path = path;
    this.reason = reason;
  }
}
