import { Permission, openAcl } from '@dcmha/zk-client';
import type { Acl, CreateMode, Stat } from '@dcmha/zk-client';
import { baseName, parentPath, znodePathProblem } from '../../path/znode-path.js';
import { refusal } from '../errors.js';
import { isGranted, requirePermission, resolveAcl } from './access.js';
import type { Identity } from './access.js';
import { statOf } from './node.js';
import type { TreeNode } from './node.js';
import type { Transaction } from './transaction.js';

export interface CreateFacts {
  readonly path: string;
  readonly data: Buffer;
  readonly mode: CreateMode;
  readonly acl: readonly Acl[];
  readonly ttlMs: number;
}

/** The nodes of the in-memory ensemble, with ZooKeeper's rules. Knows nothing of sessions or watches. */
export class Tree {
  readonly #nodes = new Map<string, TreeNode>();

  constructor(timeMs: number) {
    this.#nodes.set('/', {
      data: Buffer.alloc(0),
      acl: openAcl,
      children: new Set(),
      kind: 'persistent',
      ttlMs: 0,
      czxid: 0n,
      mzxid: 0n,
      pzxid: 0n,
      ctimeMs: timeMs,
      mtimeMs: timeMs,
      version: 0,
      aversion: 0,
      created: 0,
      ephemeralOwner: 0n,
    });
  }

  find(path: string): TreeNode | undefined {
    return this.#nodes.get(path);
  }

  paths(): IterableIterator<string> {
    return this.#nodes.keys();
  }

  read(path: string, identities: readonly Identity[]): TreeNode {
    const node = this.#existing(path);
    requirePermission(node.acl, Permission.read, identities, path);
    return node;
  }

  readAcl(path: string, identities: readonly Identity[]): { acl: Acl[]; stat: Stat } {
    const node = this.#existing(path);
    requirePermission(node.acl, Permission.read | Permission.admin, identities, path);
    // As ZooKeeper does since 3.4.14: the hash of a password is shown to those who may change it only.
    const full = isGranted(node.acl, Permission.admin, identities);
    const acl = node.acl.map((entry) =>
      full || entry.scheme !== 'digest' ? { ...entry } : { ...entry, id: `${entry.id.split(':', 1)[0]}:x` },
    );
    return { acl, stat: statOf(node) };
  }

  create(transaction: Transaction, facts: CreateFacts): { path: string; stat: Stat } {
    const sequential = facts.mode.includes('sequential');
    // The name of a sequential node may be empty before its number is added.
    checkPath(sequential ? `${facts.path}0` : facts.path);
    const parentOf = parentPath(facts.path);
    const parent = this.#existing(parentOf, facts.path);
    requirePermission(parent.acl, Permission.create, transaction.identities, facts.path);
    const path = sequential ? facts.path + String(parent.created).padStart(10, '0') : facts.path;
    if (this.#nodes.has(path)) throw refusal('NODE_EXISTS', facts.path);
    if (parent.kind === 'ephemeral') throw refusal('NO_CHILDREN_FOR_EPHEMERALS', facts.path);
    const ephemeral = facts.mode.startsWith('ephemeral');
    const node: TreeNode = {
      data: facts.data,
      acl: resolveAcl(facts.acl, transaction.identities, facts.path),
      children: new Set(),
      kind: kindOf(facts.mode),
      ttlMs: facts.ttlMs,
      czxid: transaction.zxid,
      mzxid: transaction.zxid,
      pzxid: transaction.zxid,
      ctimeMs: transaction.timeMs,
      mtimeMs: transaction.timeMs,
      version: 0,
      aversion: 0,
      created: 0,
      ephemeralOwner: ephemeral ? transaction.sessionId : 0n,
    };
    const { pzxid, created } = parent;
    this.#nodes.set(path, node);
    parent.children.add(baseName(path));
    parent.created += 1;
    parent.pzxid = transaction.zxid;
    transaction.undo.push(() => {
      this.#nodes.delete(path);
      parent.children.delete(baseName(path));
      parent.created = created;
      parent.pzxid = pzxid;
    });
    transaction.events.push({ type: 'created', path }, { type: 'children-changed', path: parentOf });
    return { path, stat: statOf(node) };
  }

  delete(transaction: Transaction, path: string, version: number): void {
    if (path === '/') throw refusal('BAD_ARGUMENTS', path, 'the root cannot be deleted');
    const node = this.#existing(path);
    const parentOf = parentPath(path);
    const parent = this.#existing(parentOf);
    requirePermission(parent.acl, Permission.delete, transaction.identities, path);
    checkVersion(node.version, version, path);
    if (node.children.size > 0) throw refusal('NOT_EMPTY', path);
    this.remove(transaction, path, node, parentOf, parent);
  }

  /** Deletes what a session left behind or time has ended: no permission is asked for. */
  removeUnchecked(transaction: Transaction, path: string): void {
    const node = this.#nodes.get(path);
    const parentOf = parentPath(path);
    const parent = this.#nodes.get(parentOf);
    if (node !== undefined && parent !== undefined) this.remove(transaction, path, node, parentOf, parent);
  }

  set(transaction: Transaction, path: string, data: Buffer, version: number): Stat {
    const node = this.#existing(path);
    requirePermission(node.acl, Permission.write, transaction.identities, path);
    checkVersion(node.version, version, path);
    const before = { data: node.data, mzxid: node.mzxid, mtimeMs: node.mtimeMs, version: node.version };
    node.data = data;
    node.mzxid = transaction.zxid;
    node.mtimeMs = transaction.timeMs;
    node.version += 1;
    transaction.undo.push(() => Object.assign(node, before));
    transaction.events.push({ type: 'data-changed', path });
    return statOf(node);
  }

  check(transaction: Transaction, path: string, version: number): void {
    const node = this.#existing(path);
    requirePermission(node.acl, Permission.read, transaction.identities, path);
    checkVersion(node.version, version, path);
  }

  setAcl(transaction: Transaction, path: string, acl: readonly Acl[], aversion: number): Stat {
    const node = this.#existing(path);
    requirePermission(node.acl, Permission.admin, transaction.identities, path);
    checkVersion(node.aversion, aversion, path);
    node.acl = resolveAcl(acl, transaction.identities, path);
    node.aversion += 1;
    return statOf(node);
  }

  private remove(
    transaction: Transaction,
    path: string,
    node: TreeNode,
    parentOf: string,
    parent: TreeNode,
  ): void {
    const { pzxid } = parent;
    this.#nodes.delete(path);
    parent.children.delete(baseName(path));
    parent.pzxid = transaction.zxid;
    transaction.undo.push(() => {
      this.#nodes.set(path, node);
      parent.children.add(baseName(path));
      parent.pzxid = pzxid;
    });
    transaction.events.push(
      { type: 'deleted', path, owner: node.ephemeralOwner },
      { type: 'children-changed', path: parentOf },
    );
  }

  #existing(path: string, named = path): TreeNode {
    checkPath(path);
    const node = this.#nodes.get(path);
    if (node === undefined) throw refusal('NO_NODE', named);
    return node;
  }
}

function checkPath(path: string): void {
  const problem = znodePathProblem(path);
  if (problem !== null) throw refusal('BAD_ARGUMENTS', path, problem);
}

/** -1: whatever the version. */
function checkVersion(actual: number, expected: number, path: string): void {
  if (expected !== -1 && expected !== actual)
    throw refusal('BAD_VERSION', path, `it has version ${actual}, not ${expected}`);
}

function kindOf(mode: CreateMode): TreeNode['kind'] {
  if (mode.startsWith('ephemeral')) return 'ephemeral';
  if (mode === 'container') return 'container';
  return mode.endsWith('with-ttl') ? 'ttl' : 'persistent';
}
