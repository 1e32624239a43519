import type { Acl, CreateMode } from '@dcmha/zk-client';

export type WriteCommand =
  | {
      readonly op: 'create';
      readonly path: string;
      readonly data: Buffer;
      readonly mode: CreateMode;
      readonly acl: readonly Acl[];
      readonly ttlMs: number;
    }
  | { readonly op: 'delete'; readonly path: string; readonly version: number }
  | { readonly op: 'set'; readonly path: string; readonly data: Buffer; readonly version: number }
  | { readonly op: 'check'; readonly path: string; readonly version: number };

/** What a client asks of the ensemble. */
export type Command =
  | Exclude<WriteCommand, { op: 'check' }>
  | { readonly op: 'exists'; readonly path: string; readonly watch: boolean }
  | { readonly op: 'get'; readonly path: string; readonly watch: boolean }
  | { readonly op: 'children'; readonly path: string; readonly watch: boolean }
  | { readonly op: 'sync'; readonly path: string }
  | { readonly op: 'multi'; readonly ops: readonly WriteCommand[] }
  | { readonly op: 'getAcl'; readonly path: string }
  | { readonly op: 'setAcl'; readonly path: string; readonly acl: readonly Acl[]; readonly version: number }
  | { readonly op: 'addAuth'; readonly scheme: string; readonly auth: string }
  | { readonly op: 'addWatch'; readonly path: string; readonly recursive: boolean }
  | { readonly op: 'removeWatch'; readonly path: string; readonly recursive: boolean }
  | { readonly op: 'close' };

export type CommandName = Command['op'];

const writes: ReadonlySet<CommandName> = new Set(['create', 'delete', 'set', 'multi', 'setAcl', 'close']);

export function isWrite(command: Command): boolean {
  return writes.has(command.op);
}

export function pathOf(command: Command): string | undefined {
  return 'path' in command ? command.path : undefined;
}
