import { ByteCursor } from '../../events/byte-cursor.js';

/** Capability flags of the client/server protocol (`mysql_com.h`). */
export const Capability = {
  LongPassword: 1,
  LongFlag: 1 << 2,
  ConnectWithDb: 1 << 3,
  Compress: 1 << 5,
  Protocol41: 1 << 9,
  Ssl: 1 << 11,
  Transactions: 1 << 13,
  SecureConnection: 1 << 15,
  PluginAuth: 1 << 19,
  ConnectAttributes: 1 << 20,
  PluginAuthLengthEncoded: 1 << 21,
} as const;

const offered =
  Capability.LongPassword |
  Capability.LongFlag |
  Capability.ConnectWithDb |
  Capability.Protocol41 |
  Capability.Transactions |
  Capability.SecureConnection |
  Capability.PluginAuth |
  Capability.ConnectAttributes |
  Capability.PluginAuthLengthEncoded;

export const SCRAMBLE_BYTES = 20;
const STATUS_AUTOCOMMIT = 2;
const CHARSET_UTF8MB4 = 255;
/** Client flags, longest packet, character set, 23 zeros: all that a client sends before it asks for TLS. */
const SSL_REQUEST_BYTES = 32;

/** Initial handshake packet, protocol version 10. */
export function greetingPayload(options: {
  readonly serverVersion: string;
  readonly connectionId: number;
  readonly scramble: Buffer;
  readonly plugin: string;
  readonly tls: boolean;
}): Buffer {
  const { serverVersion, connectionId, scramble, plugin, tls } = options;
  const capabilities = offered | (tls ? Capability.Ssl : 0);
  const fixed = Buffer.alloc(4 + 8 + 1 + 2 + 1 + 2 + 2 + 1 + 10);
  let at = fixed.writeUInt32LE(connectionId, 0);
  at += scramble.copy(fixed, at, 0, 8);
  at = fixed.writeUInt8(0, at);
  at = fixed.writeUInt16LE(capabilities & 0xffff, at);
  at = fixed.writeUInt8(CHARSET_UTF8MB4, at);
  at = fixed.writeUInt16LE(STATUS_AUTOCOMMIT, at);
  at = fixed.writeUInt16LE(capabilities >>> 16, at);
  fixed.writeUInt8(SCRAMBLE_BYTES + 1, at);
  return Buffer.concat([
    Buffer.from([10]),
    Buffer.from(`${serverVersion}\0`, 'latin1'),
    fixed,
    scramble.subarray(8),
    Buffer.from([0]),
    Buffer.from(`${plugin}\0`, 'latin1'),
  ]);
}

/** What a client answers to the greeting. */
export interface LoginRequest {
  readonly user: string;
  readonly answer: Buffer;
  /** Authentication plugin that made the answer; `undefined`: the client does not know plugins. */
  readonly plugin: string | undefined;
}

/** Whether the payload asks for TLS (nothing else is in it then). Throws DecodeError. */
export function asksForTls(payload: Buffer): boolean {
  if (payload.length < 4) return false;
  return (payload.readUInt32LE(0) & Capability.Ssl) !== 0 && payload.length === SSL_REQUEST_BYTES;
}

/** Reads a handshake response of protocol 4.1. Throws DecodeError; `null` for an older protocol. */
export function parseLogin(payload: Buffer): LoginRequest | null {
  const cursor = new ByteCursor(payload, 0, payload.length);
  const capabilities = cursor.u32();
  if ((capabilities & Capability.Protocol41) === 0) return null;
  cursor.skip(SSL_REQUEST_BYTES - 4);
  const user = textUntilNul(cursor);
  const answer = readAnswer(cursor, capabilities);
  if ((capabilities & Capability.ConnectWithDb) !== 0 && cursor.remaining > 0) textUntilNul(cursor);
  const named = (capabilities & Capability.PluginAuth) !== 0 && cursor.remaining > 0;
  return { user, answer, plugin: named ? textUntilNul(cursor) : undefined };
}

function readAnswer(cursor: ByteCursor, capabilities: number): Buffer {
  if ((capabilities & Capability.PluginAuthLengthEncoded) !== 0) return cursor.bytes(cursor.lengthEncoded());
  if ((capabilities & Capability.SecureConnection) !== 0) return cursor.bytes(cursor.u8());
  return Buffer.from(textUntilNul(cursor), 'latin1');
}

/** Text up to a zero byte, or to the end where there is none. */
function textUntilNul(cursor: ByteCursor): string {
  const nul = cursor.buffer.indexOf(0, cursor.offset);
  if (nul === -1 || nul >= cursor.end) return cursor.rest().toString('utf8');
  const text = cursor.utf8(nul - cursor.offset);
  cursor.skip(1);
  return text;
}

/** Asks the client to answer again with another plugin (or another scramble). */
export function authSwitchPayload(plugin: string, scramble: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from([0xfe]),
    Buffer.from(`${plugin}\0`, 'latin1'),
    scramble,
    Buffer.from([0]),
  ]);
}

/** caching_sha2_password: the answer was right, no further exchange is needed. */
export function fastAuthPayload(): Buffer {
  return Buffer.from([0x01, 0x03]);
}
