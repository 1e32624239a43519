import { ZooKeeperError } from '../errors.js';
import { JuteError } from '../jute/jute-error.js';
import type { JuteReader } from '../jute/jute-reader.js';
import { JuteWriter } from '../jute/jute-writer.js';
import { errorCodeOf, explain } from '../protocol/error-code.js';
import type { Call } from './call.js';
import { Fifo } from './fifo.js';

export interface PipelineLimits {
  readonly maxRequestBytes: number;
  readonly maxInFlight: number;
  readonly maxWaiting: number;
  readonly maxWaitingBytes: number;
}

/** Bytes of requests on the wire at once: beyond it more would only lie in socket buffers. */
const maxInFlightBytes = 8 * 1024 * 1024;

const maxXid = 0x7fff_ffff;

const noNode = -101;

/** Error numbers of the server go from -1 to -127 (`KeeperException.Code` of 3.9); room is left for more. */
const lowestError = -255;

/**
 * Requests in the order they were made: on the wire (each answered in that order), or waiting for room on it or for a
 * connection. It writes frames into a writer and reads answers from a reader; sockets, timers and sessions are not its
 * concern.
 */
export class RequestPipeline {
  readonly #limits: PipelineLimits;
  readonly #writer: JuteWriter;
  readonly #scratch = new JuteWriter(4096);
  readonly #inFlight = new Fifo<Call>();
  readonly #waiting = new Fifo<Call>();
  #inFlightBytes = 0;
  #waitingBytes = 0;
  /** Waiting calls that are not given up yet. */
  #waitingCount = 0;
  #lastXid = 0;

  constructor(limits: PipelineLimits, writer: JuteWriter) {
    this.#limits = limits;
    this.#writer = writer;
  }

  get inFlightCount(): number {
    return this.#inFlight.length;
  }

  get waitingCount(): number {
    return this.#waitingCount;
  }

  /** When the oldest request on the wire was sent; `null` when the wire is empty. */
  get oldestSentAtMs(): number | null {
    return this.#inFlight.peek()?.sentAtMs ?? null;
  }

  /**
   * Takes a call: writes it now when `isOpen` and there is room, else keeps it.
   * @throws ZooKeeperError `DATA_TOO_LARGE`, `BAD_ARGUMENTS` or `OVERLOADED`; the call was not taken then.
   */
  submit(call: Call, isOpen: boolean, nowMs: number): void {
    if (isOpen && this.#hasRoom && this.#waiting.length === 0) {
      this.#encode(call, this.#writer, this.#nextXid());
      this.#sent(call, nowMs);
      return;
    }
    if (this.#waitingCount >= this.#limits.maxWaiting || this.#waitingBytes >= this.#limits.maxWaitingBytes) {
      throw new ZooKeeperError(
        'OVERLOADED',
        `${call.title}: ${this.#waitingCount} requests (${this.#waitingBytes} bytes) wait already: wait for answers before asking more`,
        { path: call.path },
      );
    }
    this.#encode(call, this.#scratch, 0);
    call.frame = this.#scratch.take();
    this.#waiting.push(call);
    this.#waitingCount += 1;
    this.#waitingBytes += call.bytes;
  }

  /** Writes a call that must not wait behind others (the end of the session). */
  submitUrgent(call: Call, nowMs: number): void {
    this.#encode(call, this.#writer, this.#nextXid());
    this.#sent(call, nowMs);
  }

  /** Writes waiting calls as long as there is room; says whether it wrote any. */
  pump(nowMs: number): boolean {
    let wrote = false;
    while (this.#waiting.length > 0 && this.#hasRoom) {
      const call = this.#waiting.shift() as Call;
      const { frame } = call;
      if (call.isSettled || !frame) continue;
      call.frame = undefined;
      this.#waitingCount -= 1;
      this.#waitingBytes -= call.bytes;
      call.xid = this.#nextXid();
      frame.writeInt32BE(call.xid, 4);
      this.#writer.raw(frame);
      this.#sent(call, nowMs);
      wrote = true;
    }
    return wrote;
  }

  /** A call that its maker gave up: one that was sent keeps its place, since its answer will come. */
  gaveUp(call: Call): void {
    if (call.isSent || call.frame === undefined) return;
    call.frame = undefined;
    this.#waitingCount -= 1;
    this.#waitingBytes -= call.bytes;
    // Its place in line stays (a walk for each would be quadratic) until such places outnumber the calls.
    if (this.#waiting.length > 2 * this.#waitingCount + 64) {
      for (const waiting of this.#waiting.drain()) if (!waiting.isSettled) this.#waiting.push(waiting);
    }
  }

  /**
   * Takes the answer to the oldest request on the wire and settles its call; returns when that request was sent.
   * @throws JuteError when the answer belongs to another request or is not what its kind of request is answered with.
   */
  answer(xid: number, error: number, reader: JuteReader): number {
    const call = this.#inFlight.shift();
    if (!call) throw new JuteError(`an answer to request ${xid} came, but none is expected`);
    this.#inFlightBytes -= call.bytes;
    if (call.xid !== xid) {
      const failure = new JuteError(`an answer to request ${xid} came, but ${call.xid} is next`);
      this.#corrupt(call, failure);
      throw failure;
    }
    if (error > 0 || error < lowestError || (error !== 0 && reader.remaining > 0)) {
      const failure = new JuteError(
        `${error} with ${reader.remaining} bytes after it is no error of the server`,
      );
      this.#corrupt(call, failure);
      throw failure;
    }
    if (call.isSettled) return call.sentAtMs;
    if (error !== 0 && !(error === noNode && call.operation.name === 'exists')) {
      call.onAnswer?.(error);
      const { path, title } = call;
      call.reject(new ZooKeeperError(errorCodeOf(error), `${title}: ${explain(error)}`, { path }));
      return call.sentAtMs;
    }
    let result: unknown;
    try {
      result = error === 0 ? call.operation.decode(reader, call.args) : null;
      if (reader.remaining > 0) throw new JuteError(`${reader.remaining} bytes too many`);
    } catch (cause) {
      this.#corrupt(call, cause);
      throw cause;
    }
    call.onAnswer?.(error);
    call.resolve(result);
    return call.sentAtMs;
  }

  /** The connection is gone: fails what was sent, and what waited behind it. */
  failAll(error: (call: Call) => ZooKeeperError): void {
    for (const call of this.#inFlight.drain()) if (!call.isSettled) call.reject(error(call));
    this.#inFlightBytes = 0;
    this.failWaiting(error);
  }

  /** Fails what has not been sent. */
  failWaiting(error: (call: Call) => ZooKeeperError): void {
    for (const call of this.#waiting.drain()) if (!call.isSettled) call.reject(error(call));
    this.#waitingBytes = 0;
    this.#waitingCount = 0;
  }

  get #hasRoom(): boolean {
    return this.#inFlight.length < this.#limits.maxInFlight && this.#inFlightBytes < maxInFlightBytes;
  }

  #nextXid(): number {
    this.#lastXid = this.#lastXid === maxXid ? 1 : this.#lastXid + 1;
    return this.#lastXid;
  }

  #sent(call: Call, nowMs: number): void {
    call.isSent = true;
    call.sentAtMs = nowMs;
    this.#inFlightBytes += call.bytes;
    this.#inFlight.push(call);
  }

  #corrupt(call: Call, cause: unknown): void {
    const { path, maybeApplied, title } = call;
    const detail = cause instanceof Error ? cause.message : String(cause);
    call.reject(
      new ZooKeeperError('MARSHALLING', `${title}: the server's answer is malformed: ${detail}`, {
        path,
        maybeApplied,
        cause,
      }),
    );
  }

  #encode(call: Call, writer: JuteWriter, xid: number): void {
    const mark = writer.beginFrame();
    let payloadBytes: number;
    try {
      writer.int(xid);
      writer.int(call.operation.opCode(call.args));
      call.operation.encode(writer, call.args);
      payloadBytes = writer.endFrame(mark);
    } catch (cause) {
      writer.truncate(mark);
      const detail = cause instanceof Error ? cause.message : String(cause);
      throw new ZooKeeperError('BAD_ARGUMENTS', `${call.title}: an argument cannot be sent: ${detail}`, {
        path: call.path,
        cause,
      });
    }
    if (payloadBytes > this.#limits.maxRequestBytes) {
      writer.truncate(mark);
      throw new ZooKeeperError(
        'DATA_TOO_LARGE',
        `${call.title}: the request takes ${payloadBytes} bytes, at most ${this.#limits.maxRequestBytes} are allowed: store less, or raise jute.maxbuffer at the servers and maxRequestBytes here`,
        { path: call.path },
      );
    }
    call.xid = xid;
    call.bytes = payloadBytes + 4;
  }
}
