import type { ByteCursor } from '../byte-cursor.js';
import { DecodeError } from '../decode-error.js';

/** ROTATE: the next file; artificial ones at the start of a dump name the file that follows. */
export interface RotateEvent {
  readonly kind: 'rotate';
  readonly nextFile: string;
  readonly nextPosition: number;
}

export function parseRotate(cursor: ByteCursor): RotateEvent {
  const nextPosition = cursor.u64Number();
  return { kind: 'rotate', nextPosition, nextFile: cursor.rest().toString('utf8') };
}

/** STOP: the server was shut down here. */
export interface StopEvent {
  readonly kind: 'stop';
}

/** XID: commit of a transaction. */
export interface XidEvent {
  readonly kind: 'xid';
  readonly xid: bigint;
}

export function parseXid(cursor: ByteCursor): XidEvent {
  return { kind: 'xid', xid: cursor.u64() };
}

/** XA_PREPARE: end of the first half of an XA transaction (or of all of it, with one-phase commit). */
export interface XaPrepareEvent {
  readonly kind: 'xa-prepare';
  readonly onePhase: boolean;
  readonly formatId: number;
  readonly globalId: Buffer;
  readonly branchQualifier: Buffer;
}

export function parseXaPrepare(cursor: ByteCursor): XaPrepareEvent {
  const onePhase = cursor.u8() !== 0;
  const formatId = cursor.u32();
  const globalLength = cursor.u32();
  const branchLength = cursor.u32();
  return {
    kind: 'xa-prepare',
    onePhase,
    formatId,
    globalId: cursor.bytes(globalLength),
    branchQualifier: cursor.bytes(branchLength),
  };
}

/** `X'..',X'..',1`: the XA name as the server itself writes it into XA COMMIT. */
export function formatXaId(id: Pick<XaPrepareEvent, 'formatId' | 'globalId' | 'branchQualifier'>): string {
  return `X'${id.globalId.toString('hex')}',X'${id.branchQualifier.toString('hex')}',${id.formatId}`;
}

/** INCIDENT: the source says itself that its binlog misses something here. */
export interface IncidentEvent {
  readonly kind: 'incident';
  /** 1 = LOST_EVENTS. */
  readonly code: number;
  readonly message: string;
}

export function parseIncident(cursor: ByteCursor): IncidentEvent {
  const code = cursor.u16();
  const length = cursor.remaining > 0 ? cursor.u8() : 0;
  return { kind: 'incident', code, message: cursor.utf8(length) };
}

/** HEARTBEAT and HEARTBEAT_V2: the source has nothing new; it is at this position. Never in a file. */
export interface HeartbeatEvent {
  readonly kind: 'heartbeat';
  readonly file: string;
  readonly position: number;
}

export function parseHeartbeat(cursor: ByteCursor, logPos: number): HeartbeatEvent {
  return { kind: 'heartbeat', file: cursor.rest().toString('utf8'), position: logPos };
}

/** TLV: type 1 = file name, 2 = position (length-encoded integer), 0 = end. */
export function parseHeartbeatV2(cursor: ByteCursor): HeartbeatEvent {
  let file = '';
  let position = 0;
  while (cursor.remaining > 0) {
    const type = cursor.lengthEncoded();
    if (type === 0) break;
    const length = cursor.lengthEncoded();
    const end = cursor.offset + length;
    if (type === 1) file = cursor.utf8(length);
    else if (type === 2) {
      position = cursor.lengthEncoded();
      if (cursor.offset !== end) throw new DecodeError('a heartbeat position of the wrong length');
    } else cursor.skip(length);
  }
  return { kind: 'heartbeat', file, position };
}
