import { MultiError, isZooKeeperError } from '@dcmha/zk-client';
import type { OpResult } from '@dcmha/zk-client';
import { digestId } from '../../acl/digest.js';
import { joinPath, znodePathProblem } from '../../path/znode-path.js';
import type { Clock } from '../../clock/index.js';
import { refusal } from '../errors.js';
import { statOf } from '../tree/node.js';
import type { Transaction } from '../tree/transaction.js';
import { Tree } from '../tree/tree.js';
import type { Command, WriteCommand } from './command.js';
import type { Connection, HeldWatches, Session } from './session.js';
import { WatchRegistry } from './watch-registry.js';

const containerCheckMs = 60_000;

/** The state that all servers of an ensemble agree on: tree, sessions, watches. One command at a time. */
export class Ensemble {
  readonly #clock: Clock;
  readonly #tree: Tree;
  readonly #sessions = new Map<bigint, Session>();
  readonly #watches = new WatchRegistry<Session>();
  /** Containers and nodes with a time to live, looked at from time to time. */
  readonly #perishable = new Set<string>();
  #reaping = false;
  // As a first leader's epoch does: the upper half is the epoch, the lower half counts.
  #zxid = 1n << 32n;
  #lastSessionId = 0x1000_0000_0000n;
  #running = true;

  readonly #expiryLagMs: number;

  constructor(clock: Clock, expiryLagMs: number) {
    this.#clock = clock;
    this.#expiryLagMs = expiryLagMs;
    this.#tree = new Tree(clock.wallMs());
  }

  get running(): boolean {
    return this.#running;
  }

  get zxid(): bigint {
    return this.#zxid;
  }

  get tree(): Tree {
    return this.#tree;
  }

  sessions(): Session[] {
    return [...this.#sessions.values()];
  }

  openSession(timeoutMs: number): Session {
    this.#lastSessionId += 1n;
    this.#zxid += 1n;
    const session: Session = {
      id: this.#lastSessionId,
      timeoutMs,
      identities: [{ scheme: 'ip', id: '127.0.0.1' }],
      ephemerals: new Set(),
      connection: null,
      alive: true,
      cancelExpiry: null,
    };
    this.#sessions.set(session.id, session);
    return session;
  }

  /** A client comes back with its session; `null` when there is none any more. */
  attach(sessionId: bigint, connection: Connection): Session | null {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return null;
    this.detach(session);
    session.connection = connection;
    this.heard(session);
    return session;
  }

  /** The connection is gone: its watches with it. */
  detach(session: Session): void {
    session.connection = null;
    this.#watches.dropAll(session);
    session.identities = session.identities.filter((one) => one.scheme === 'ip');
  }

  /** Pings flow: the session is in no danger. */
  heard(session: Session): void {
    session.cancelExpiry?.();
    session.cancelExpiry = null;
  }

  /** Nothing is heard of the client since `lastHeardMs` (monotonic): unless it is heard again, the session ends. */
  silent(session: Session, lastHeardMs: number): void {
    this.heard(session);
    if (!session.alive || !this.#running) return;
    const delayMs = lastHeardMs + session.timeoutMs + this.#expiryLagMs - this.#clock.monotonicMs();
    session.cancelExpiry = this.#clock.schedule(delayMs, () => this.expire(session));
  }

  expire(session: Session): void {
    if (!session.alive) return;
    const { connection } = session;
    this.#endSession(session);
    connection?.hangUp('the session expired');
  }

  /** All servers down: nothing expires and nothing is answered until they are back. */
  stop(): void {
    this.#running = false;
    for (const session of this.#sessions.values()) {
      this.heard(session);
      const { connection } = session;
      this.detach(session);
      connection?.hangUp('the ensemble was stopped');
    }
  }

  /** Back: every session has its whole timeout to reconnect (a new leader starts counting anew). */
  start(): void {
    this.#running = true;
    for (const session of this.#sessions.values()) this.silent(session, this.#clock.monotonicMs());
  }

  /** Tells a client that came back what its watches missed, and keeps the others (SetWatches2 of the protocol). */
  restoreWatches(session: Session, held: HeldWatches, lastZxid: bigint): void {
    const tell = session.connection?.event.bind(session.connection);
    for (const path of held.data) {
      const node = this.#tree.find(path);
      if (node === undefined) tell?.('deleted', path);
      else if (node.mzxid > lastZxid) tell?.('data-changed', path);
      else this.#watches.add('data', path, session);
    }
    for (const path of held.exist) {
      if (this.#tree.find(path) !== undefined) tell?.('created', path);
      else this.#watches.add('data', path, session);
    }
    for (const path of held.child) {
      const node = this.#tree.find(path);
      if (node === undefined) tell?.('deleted', path);
      else if (node.pzxid > lastZxid) tell?.('children-changed', path);
      else this.#watches.add('child', path, session);
    }
    // Nothing is told about what lasting watches missed: ZooKeeper does not either.
    for (const path of held.persistent) this.#watches.add('persistent', path, session);
    for (const path of held.recursive) this.#watches.add('recursive', path, session);
  }

  /** @throws ZooKeeperError where ZooKeeper answers with an error. */
  execute(session: Session, command: Command): unknown {
    if (!session.alive) throw refusal('SESSION_EXPIRED');
    switch (command.op) {
      case 'create':
      case 'delete':
      case 'set':
        return this.#commit(session, (transaction) => this.#write(transaction, session, command));
      case 'multi':
        return this.#commit(session, (transaction) => this.#multi(transaction, session, command.ops));
      case 'setAcl':
        return this.#commit(session, (transaction) =>
          this.#tree.setAcl(transaction, command.path, command.acl, command.version),
        );
      case 'exists': {
        requirePath(command.path);
        const node = this.#tree.find(command.path);
        if (command.watch) this.#watches.add('data', command.path, session);
        return node === undefined ? null : statOf(node);
      }
      case 'get': {
        const node = this.#tree.read(command.path, session.identities);
        if (command.watch) this.#watches.add('data', command.path, session);
        return { data: Buffer.from(node.data), stat: statOf(node) };
      }
      case 'children': {
        const node = this.#tree.read(command.path, session.identities);
        if (command.watch) this.#watches.add('child', command.path, session);
        return { children: [...node.children], stat: statOf(node) };
      }
      case 'getAcl':
        return this.#tree.readAcl(command.path, session.identities);
      case 'addAuth':
        return this.#authenticate(session, command.scheme, command.auth);
      case 'addWatch':
        requirePath(command.path);
        return this.#watches.add(command.recursive ? 'recursive' : 'persistent', command.path, session);
      case 'removeWatch':
        return this.#watches.remove(command.recursive ? 'recursive' : 'persistent', command.path, session);
      case 'sync':
        return requirePath(command.path);
      case 'close':
        return this.#endSession(session);
    }
  }

  #write(transaction: Transaction, session: Session, command: WriteCommand): OpResult {
    switch (command.op) {
      case 'create': {
        const made = this.#tree.create(transaction, command);
        if (made.stat.ephemeralOwner !== 0n) {
          session.ephemerals.add(made.path);
          transaction.undo.push(() => session.ephemerals.delete(made.path));
        }
        if (command.mode === 'container' || command.mode.endsWith('with-ttl')) this.#keepAnEyeOn(made.path);
        return { type: 'create', ...made };
      }
      case 'delete':
        this.#tree.delete(transaction, command.path, command.version);
        return { type: 'delete' };
      case 'set':
        return {
          type: 'set',
          stat: this.#tree.set(transaction, command.path, command.data, command.version),
        };
      case 'check':
        this.#tree.check(transaction, command.path, command.version);
        return { type: 'check' };
    }
  }

  #multi(transaction: Transaction, session: Session, ops: readonly WriteCommand[]): OpResult[] {
    return ops.map((op, index) => {
      try {
        return this.#write(transaction, session, op);
      } catch (error) {
        if (!isZooKeeperError(error)) throw error;
        throw new MultiError(
          error.code,
          `operation ${index} of ${ops.length} (${op.op} ${op.path}) was refused, so nothing of the multi happened: ${error.message}`,
          { path: op.path, index },
        );
      }
    });
  }

  /** All or nothing: what was changed before a refusal is undone, and no watch fires. */
  #commit<T>(session: Session, change: (transaction: Transaction) => T): T {
    this.#zxid += 1n;
    const transaction: Transaction = {
      zxid: this.#zxid,
      timeMs: this.#clock.wallMs(),
      sessionId: session.id,
      identities: session.identities,
      undo: [],
      events: [],
    };
    let result: T;
    try {
      result = change(transaction);
    } catch (error) {
      for (const undo of transaction.undo.reverse()) undo();
      throw error;
    }
    this.#publish(transaction);
    return result;
  }

  #publish(transaction: Transaction): void {
    for (const { type, path, owner } of transaction.events) {
      if (owner !== undefined) this.#forget(path, owner);
      for (const watcher of this.#watches.trigger(type, path)) watcher.connection?.event(type, path);
    }
  }

  /** A deleted ephemeral is no longer its owner's to lose, unless the same change made it anew. */
  #forget(path: string, owner: bigint): void {
    if (this.#tree.find(path)?.ephemeralOwner === owner) return;
    this.#sessions.get(owner)?.ephemerals.delete(path);
    this.#perishable.delete(path);
  }

  #endSession(session: Session): void {
    session.alive = false;
    this.heard(session);
    this.#sessions.delete(session.id);
    const paths = [...session.ephemerals];
    session.ephemerals.clear();
    this.detach(session);
    this.#commit(session, (transaction) => {
      for (const path of paths) this.#tree.removeUnchecked(transaction, path);
    });
  }

  #authenticate(session: Session, scheme: string, auth: string): void {
    if (scheme !== 'digest')
      throw refusal('AUTH_FAILED', undefined, `the scheme ${JSON.stringify(scheme)} is not known`);
    const identity = { scheme, id: digestId(auth) };
    session.identities = [...session.identities, identity];
  }

  #keepAnEyeOn(path: string): void {
    this.#perishable.add(path);
    this.#reapLater();
  }

  /** Deletes containers that lost their last child and childless nodes whose time is over. */
  #reap(): void {
    this.#reaping = false;
    const nowMs = this.#clock.wallMs();
    for (const path of [...this.#perishable]) {
      const node = this.#tree.find(path);
      if (node === undefined) this.#perishable.delete(path);
      else if (node.children.size > 0) continue;
      else if (node.kind === 'container' ? node.created > 0 : nowMs - node.mtimeMs >= node.ttlMs) {
        this.#perishable.delete(path);
        const nobody: Session = {
          id: 0n,
          timeoutMs: 0,
          identities: [],
          ephemerals: new Set(),
          connection: null,
          alive: true,
          cancelExpiry: null,
        };
        this.#commit(nobody, (transaction) => this.#tree.removeUnchecked(transaction, path));
      }
    }
    if (this.#perishable.size > 0) this.#reapLater();
  }

  #reapLater(): void {
    if (this.#reaping) return;
    this.#reaping = true;
    this.#clock.schedule(containerCheckMs, () => this.#reap());
  }

  /** Paths below (and with) `root`, in order, with their values: for looking at, not through any session. */
  dump(root: string): { path: string; data: Buffer; ephemeralOwner: bigint }[] {
    const below = root === '/' ? '/' : joinPath(root, '');
    return [...this.#tree.paths()]
      .filter((path) => path === root || path.startsWith(below))
      .sort()
      .map((path) => {
        const node = this.#tree.find(path);
        return { path, data: node?.data ?? Buffer.alloc(0), ephemeralOwner: node?.ephemeralOwner ?? 0n };
      });
  }
}

function requirePath(path: string): void {
  const problem = znodePathProblem(path);
  if (problem !== null) throw refusal('BAD_ARGUMENTS', path, problem);
}
