import type { Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';
import { DecodeError } from '../../events/decode-error.js';
import { Dump, type DumpProgress } from '../dump/dump.js';
import { parseDump, parseDumpGtid, type DumpRequest } from '../dump/dump-request.js';
import { MariadbGtidSet } from '../../gtid/mariadb-gtid-set.js';
import type { BinlogInventory } from '../inventory/binlog-inventory.js';
import {
  asksForTls,
  authSwitchPayload,
  fastAuthPayload,
  greetingPayload,
  parseLogin,
} from '../protocol/handshake.js';
import { ChannelClosedError, PacketChannel } from '../protocol/packet-channel.js';
import { eofPayload, errPayload, okPayload, resultPayloads } from '../protocol/packets.js';
import { answerBytes, isRightAnswer, newScramble, type AuthPlugin } from '../protocol/passwords.js';
import { SqlError, sqlErrors } from '../protocol/sql-error.js';
import type { TailSourceEvent, TailSourceLimits, TailSourceReplica } from '../tail-source-options.js';
import { Questions, type ServerVariables } from './questions.js';

export interface SessionOptions {
  readonly inventory: BinlogInventory;
  readonly variables: ServerVariables;
  readonly user: string;
  readonly password: string;
  readonly secureContext: SecureContext | null;
  readonly allowPlain: boolean;
  readonly limits: TailSourceLimits;
  readonly connectionId: number;
  readonly onEvent: (event: TailSourceEvent) => void;
  /** A dump begins for this replica: an earlier one of the same replica is a dead connection. */
  readonly takesOver: (session: Session) => void;
}

/** Commands of the client/server protocol (`my_command.h`). */
const Command = {
  Quit: 0x01,
  InitDb: 0x02,
  Query: 0x03,
  Statistics: 0x09,
  Ping: 0x0e,
  BinlogDump: 0x12,
  RegisterReplica: 0x15,
  SetOption: 0x1b,
  BinlogDumpGtid: 0x1e,
  ResetConnection: 0x1f,
} as const;

/** Heartbeats more often than this would be work without use. */
const HEARTBEAT_MS_MIN = 10;
const NANOSECONDS_PER_MS = 1e6;

/** One connection, from its greeting to its end. */
export class Session {
  readonly peer: string;
  readonly #channel: PacketChannel;
  readonly #o: SessionOptions;
  readonly #questions: Questions;
  readonly #progress: DumpProgress = {
    file: '',
    position: 0,
    transactionsSent: 0,
    transactionsSkipped: 0,
    complete: false,
  };
  #state: TailSourceReplica['state'] = 'login';
  #tls = false;
  #serverId: number | null = null;

  constructor(socket: Socket, options: SessionOptions) {
    this.#o = options;
    this.#channel = new PacketChannel(socket);
    this.#questions = new Questions(options.variables, () => options.inventory.sizes());
    this.peer = `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? '?'}`;
  }

  get serverUuid(): string | null {
    return this.#questions.set.get('replica_uuid') ?? this.#questions.set.get('slave_uuid') ?? null;
  }

  get transactionsSent(): number {
    return this.#progress.transactionsSent;
  }

  get bytesSent(): number {
    return this.#channel.bytesWritten;
  }

  describe(): TailSourceReplica {
    const { file, position, transactionsSent, complete } = this.#progress;
    return {
      peer: this.peer,
      tls: this.#tls,
      state: complete ? 'idle' : this.#state,
      serverId: this.#serverId,
      serverUuid: this.serverUuid,
      file: file === '' ? null : file,
      position: file === '' ? null : position,
      transactionsSent,
      bytesSent: this.bytesSent,
    };
  }

  /** Never rejects. */
  async run(): Promise<void> {
    let why = 'it ended the connection';
    try {
      await this.#login();
      await this.#answerCommands();
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
      if (!(error instanceof ChannelClosedError)) await this.#refuse(error);
    } finally {
      this.#channel.end(why);
      this.#o.onEvent({ peer: this.peer, kind: 'closed', detail: why });
    }
  }

  close(why: string): void {
    this.#channel.destroy(why);
  }

  async #refuse(error: unknown): Promise<void> {
    const told =
      error instanceof SqlError
        ? error
        : error instanceof DecodeError
          ? sqlErrors.handshake(`Bad packet: ${error.message}`)
          : sqlErrors.fatalReading(error instanceof Error ? error.message : String(error));
    this.#o.onEvent({ peer: this.peer, kind: 'refused', detail: told.message });
    try {
      await this.#channel.send(errPayload(told));
    } catch {
      // It is gone: nobody is left to tell.
    }
  }

  async #login(): Promise<void> {
    const { secureContext, allowPlain, limits, inventory, user, password } = this.#o;
    const channel = this.#channel;
    const deadline = performance.now() + limits.loginTimeoutMs;
    const read = (): Promise<Buffer> => channel.read(limits.loginPacketBytes, deadline - performance.now());
    const isMariadb = inventory.flavor === 'mariadb';
    let scramble = newScramble();
    let plugin: AuthPlugin = isMariadb ? 'mysql_native_password' : 'caching_sha2_password';
    await channel.send(
      greetingPayload({
        serverVersion: isMariadb ? `5.5.5-${inventory.serverVersion}` : inventory.serverVersion,
        connectionId: this.#o.connectionId,
        scramble,
        plugin,
        tls: secureContext !== null,
      }),
    );
    let payload = await read();
    if (secureContext !== null && asksForTls(payload)) {
      channel.switchTo((socket) => new TLSSocket(socket, { isServer: true, secureContext }));
      this.#tls = true;
      payload = await read();
    }
    const login = parseLogin(payload);
    if (login === null) throw sqlErrors.handshake('Bad handshake: protocol 4.1 is needed');
    if (!this.#tls && !allowPlain) throw sqlErrors.secureTransportRequired();
    let { answer } = login;
    const chosen = pluginFor(login.plugin, plugin);
    // Made for another plugin, or for none: asked again.
    if (chosen !== login.plugin || answer.length !== answerBytes[chosen]) {
      scramble = newScramble();
      await channel.send(authSwitchPayload(chosen, scramble));
      answer = await read();
    }
    plugin = chosen;
    if (login.user !== user || !isRightAnswer(plugin, password, scramble, answer)) {
      throw sqlErrors.accessDenied(login.user, this.peer);
    }
    if (plugin === 'caching_sha2_password') await channel.send(fastAuthPayload());
    await channel.send(okPayload());
    this.#state = 'asking';
    this.#o.onEvent({ peer: this.peer, kind: 'login', detail: `${plugin}${this.#tls ? ', TLS' : ''}` });
  }

  async #answerCommands(): Promise<void> {
    const channel = this.#channel;
    const { limits } = this.#o;
    for (;;) {
      const payload = await channel.read(limits.packetBytes, limits.idleTimeoutMs);
      if (payload.length === 0) throw sqlErrors.handshake('an empty command');
      switch (payload[0]) {
        case Command.Quit:
          return;
        case Command.Ping:
        case Command.InitDb:
        case Command.ResetConnection:
          await channel.send(okPayload());
          break;
        case Command.SetOption:
          await channel.send(eofPayload());
          break;
        case Command.Statistics:
          await channel.send(Buffer.from('tail source of a dead server'));
          break;
        case Command.Query:
          await this.#answerQuery(payload.toString('utf8', 1));
          break;
        case Command.RegisterReplica:
          if (payload.length >= 5) this.#serverId = payload.readUInt32LE(1);
          await channel.send(okPayload());
          break;
        case Command.BinlogDumpGtid:
          return this.#dump(parseDumpGtid(payload.subarray(1)));
        case Command.BinlogDump:
          return this.#dump(this.#withState(parseDump(payload.subarray(1))));
        default:
          await channel.send(errPayload(sqlErrors.unknownCommand(payload[0] as number)));
      }
    }
  }

  async #answerQuery(sql: string): Promise<void> {
    try {
      const answer = await this.#questions.answer(sql);
      if (answer.kind === 'ok') await this.#channel.send(okPayload());
      else await this.#channel.send(...resultPayloads(answer.columns, answer.rows));
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      await this.#channel.send(errPayload(error));
    }
  }

  async #dump(request: DumpRequest): Promise<void> {
    const { inventory, limits } = this.#o;
    this.#serverId = request.serverId || this.#serverId;
    this.#state = 'sending';
    this.#o.takesOver(this);
    this.#o.onEvent({
      peer: this.peer,
      kind: 'dump',
      detail: `server ${request.serverId} ${describe(request)}`,
    });
    await new Dump({
      channel: this.#channel,
      inventory,
      request,
      checksum: this.#wantsChecksums(),
      heartbeatMs: this.#heartbeatMs(),
      stallTimeoutMs: limits.stallTimeoutMs,
      progress: this.#progress,
    }).run();
  }

  /** A MariaDB replica that follows by GTIDs has said before what it has, and gives no file. */
  #withState(request: DumpRequest): DumpRequest {
    const state = this.#questions.set.get('slave_connect_state');
    if (state === undefined || state === null) return request;
    try {
      return { ...request, from: { kind: 'state', state: MariadbGtidSet.parse(state) } };
    } catch (error) {
      throw sqlErrors.fatalReading(`@slave_connect_state cannot be read: ${(error as Error).message}`);
    }
  }

  /** A replica that did not speak of checksums knows none. */
  #wantsChecksums(): boolean {
    const { set } = this.#questions;
    const wanted = set.get('source_binlog_checksum') ?? set.get('master_binlog_checksum') ?? 'NONE';
    return wanted.toUpperCase() === 'CRC32' || wanted === '1';
  }

  /** The replica says it in nanoseconds. */
  #heartbeatMs(): number | null {
    const { set } = this.#questions;
    const period = Number(set.get('source_heartbeat_period') ?? set.get('master_heartbeat_period') ?? 0);
    return period > 0 ? Math.max(period / NANOSECONDS_PER_MS, HEARTBEAT_MS_MIN) : null;
  }
}

/** The plugin that the client named, if it is known here; else one that every client of the flavour has. */
function pluginFor(named: string | undefined, offered: AuthPlugin): AuthPlugin {
  if (named === 'caching_sha2_password' || named === 'mysql_native_password') return named;
  return named === undefined ? 'mysql_native_password' : offered;
}

function describe({ from }: DumpRequest): string {
  switch (from.kind) {
    case 'gtids':
      return `has ${from.gtids.toString() || 'nothing'}`;
    case 'state':
      return `has ${from.state.toString() || 'nothing'}`;
    case 'position':
      return `asks from ${from.file}:${from.position}`;
  }
}
