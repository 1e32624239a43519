import type { JuteReader } from '../jute/jute-reader.js';
import type { JuteWriter } from '../jute/jute-writer.js';

export interface ConnectRequest {
  readonly lastZxid: bigint;
  readonly timeoutMs: number;
  /** `0n` asks for a new session. */
  readonly sessionId: bigint;
  readonly password: Buffer;
}

export interface ConnectResponse {
  /** 0 or less: the session that was asked for has expired. */
  readonly timeoutMs: number;
  readonly sessionId: bigint;
  readonly password: Buffer;
}

const protocolVersion = 0;

/** Writes a `ConnectRequest` (zookeeper.jute) as a whole frame. */
export function writeConnectRequest(writer: JuteWriter, request: ConnectRequest): void {
  const mark = writer.beginFrame();
  writer.int(protocolVersion);
  writer.long(request.lastZxid);
  writer.int(request.timeoutMs);
  writer.long(request.sessionId);
  writer.buffer(request.password);
  // canBeReadOnly: writes must work, so a server that lost its quorum is of no use.
  writer.bool(false);
  writer.endFrame(mark);
}

/** Reads a `ConnectResponse`; the trailing read-only flag, absent from servers before 3.4, is skipped. */
export function readConnectResponse(reader: JuteReader): ConnectResponse {
  reader.int();
  return { timeoutMs: reader.int(), sessionId: reader.long(), password: reader.buffer() };
}
