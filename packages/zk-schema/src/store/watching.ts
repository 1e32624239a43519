import type { NodeValueError } from '../codec/index.js';
import type { NodeKey } from '../model/index.js';
import type { Listing } from './listing.js';
import type { Stored } from './stored.js';

/** Ends a watch. Nothing is delivered once it was called. */
export interface StoreWatch {
  stop(): Promise<void>;
}

export type NodeUpdate<Key extends NodeKey> =
  /** The node as it is now; `null`: there is none. */
  | { readonly kind: 'value'; readonly stored: Stored<Key> | null }
  /** It holds something that is no value of its kind. */
  | { readonly kind: 'unreadable'; readonly error: NodeValueError }
  /** It could not be read (no permission, ...); the next change is reported again. */
  | { readonly kind: 'failed'; readonly error: unknown }
  /** The session ended: nothing more will come. */
  | { readonly kind: 'lost' };

export type ListUpdate<Key extends NodeKey> =
  | { readonly kind: 'list'; readonly listing: Listing<Key> }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'lost' };
