import { describe, expect, it } from 'vitest';
import { JuteError } from '../jute/jute-error.js';
import { JuteReader } from '../jute/jute-reader.js';
import { JuteWriter } from '../jute/jute-writer.js';
import { ZooKeeperError } from '../errors.js';
import type { Operation } from '../protocol/operation.js';
import { Call } from './call.js';
import { RequestPipeline, type PipelineLimits } from './request-pipeline.js';

/** A request with a text that is answered with a text. */
const echo: Operation<string, string> = {
  name: 'echo',
  isWrite: true,
  opCode: () => 77,
  encode: (writer, text) => writer.string(text),
  decode: (reader) => reader.string(),
};

class Bench {
  readonly writer = new JuteWriter();
  readonly pipeline: RequestPipeline;

  constructor(limits: Partial<PipelineLimits> = {}) {
    this.pipeline = new RequestPipeline(
      { maxRequestBytes: 1_000, maxInFlight: 2, maxWaiting: 3, maxWaitingBytes: 10_000, ...limits },
      this.writer,
    );
  }

  submit(text: string, isOpen = true): { call: Call; result: Promise<string> } {
    let call: Call | undefined;
    const result = new Promise<string>((resolve, reject) => {
      call = new Call(echo, text, '/p', undefined, resolve, reject) as unknown as Call;
    });
    result.catch(() => undefined);
    this.pipeline.submit(call as unknown as Call, isOpen, 0);
    return { call: call as unknown as Call, result };
  }

  /** What was written since last asked: the id and the text of each request. */
  written(): [number, string][] {
    const bytes = this.writer.take();
    const requests: [number, string][] = [];
    for (let at = 0; at < bytes.length; at += 4 + bytes.readInt32BE(at)) {
      const reader = new JuteReader(bytes, at + 4, at + 4 + bytes.readInt32BE(at));
      const xid = reader.int();
      expect(reader.int()).toBe(77);
      requests.push([xid, reader.string()]);
    }
    return requests;
  }

  answer(xid: number, text: string, error = 0): number {
    const writer = new JuteWriter();
    if (error === 0) writer.string(text);
    return this.pipeline.answer(xid, error, new JuteReader(writer.take()));
  }
}

const lost = (call: Call): ZooKeeperError =>
  new ZooKeeperError('CONNECTION_LOSS', 'lost', { maybeApplied: call.maybeApplied });

describe('RequestPipeline', () => {
  it('writes requests at once as long as there is room, and the next with each answer', async () => {
    const bench = new Bench();
    const results = ['a', 'b', 'c', 'd'].map((text) => bench.submit(text).result);
    expect(bench.written()).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
    expect(bench.pipeline).toMatchObject({ inFlightCount: 2, waitingCount: 2 });
    bench.answer(1, 'A');
    expect(bench.pipeline.pump(5)).toBe(true);
    expect(bench.written()).toEqual([[3, 'c']]);
    expect(await results[0]).toBe('A');
    bench.answer(2, 'B');
    expect(bench.answer(3, 'C')).toBe(5);
    bench.pipeline.pump(6);
    bench.answer(4, 'D');
    expect(await Promise.all(results)).toEqual(['A', 'B', 'C', 'D']);
    expect(bench.pipeline.oldestSentAtMs).toBeNull();
  });

  it('keeps the order: nothing overtakes what waits', () => {
    const bench = new Bench();
    bench.submit('made while closed', false);
    bench.submit('made while open', true);
    expect(bench.written()).toEqual([]);
    bench.pipeline.pump(0);
    expect(bench.written().map(([, text]) => text)).toEqual(['made while closed', 'made while open']);
  });

  it('refuses what exceeds the bounds, and leaves no trace of it', () => {
    const bench = new Bench();
    expect(() => bench.submit('x'.repeat(2_000))).toThrow(/takes 2012 bytes, at most 1000/);
    expect(bench.writer.length).toBe(0);
    for (let count = 0; count < 5; count += 1) bench.submit('y');
    expect(() => bench.submit('z')).toThrow(expect.objectContaining({ code: 'OVERLOADED' }) as Error);
    const byBytes = new Bench({ maxInFlight: 1, maxWaiting: 100, maxWaitingBytes: 100 });
    byBytes.submit('first');
    byBytes.submit('w'.repeat(90));
    expect(() => byBytes.submit('w')).toThrow(/106 bytes\) wait already/);
  });

  it('takes a call that was given up out of the line, or waits for its answer when it was sent', async () => {
    const bench = new Bench({ maxInFlight: 1 });
    const sent = bench.submit('sent');
    const waiting = bench.submit('waiting');
    const behind = bench.submit('behind');
    for (const { call } of [sent, waiting]) {
      call.reject(new Error('given up'));
      bench.pipeline.gaveUp(call);
    }
    expect(bench.pipeline.waitingCount).toBe(1);
    expect(bench.pipeline.inFlightCount).toBe(1);
    bench.answer(1, 'too late');
    bench.pipeline.pump(0);
    expect(bench.written()).toEqual([
      [1, 'sent'],
      [2, 'behind'],
    ]);
    bench.answer(2, 'in time');
    expect(await behind.result).toBe('in time');
    await expect(waiting.result).rejects.toThrow('given up');
  });

  it('does not grow while calls come and are given up without a connection', () => {
    const bench = new Bench();
    const first = bench.submit('stays', false);
    for (let count = 0; count < 10_000; count += 1) {
      const { call } = bench.submit('goes', false);
      call.reject(new Error('given up'));
      bench.pipeline.gaveUp(call);
    }
    expect(bench.pipeline.waitingCount).toBe(1);
    bench.pipeline.pump(0);
    expect(bench.written()).toEqual([[1, 'stays']]);
    expect(first.call.isSent).toBe(true);
  });

  it('fails what was sent and what waits when the connection is lost, each with its own fate', async () => {
    const bench = new Bench({ maxInFlight: 1 });
    const sent = bench.submit('sent');
    const waiting = bench.submit('waiting');
    bench.pipeline.failAll(lost);
    await expect(sent.result).rejects.toMatchObject({ code: 'CONNECTION_LOSS', maybeApplied: true });
    await expect(waiting.result).rejects.toMatchObject({ code: 'CONNECTION_LOSS', maybeApplied: false });
    expect(bench.pipeline).toMatchObject({ inFlightCount: 0, waitingCount: 0 });
  });

  it('rejects with the error of the server, in words', async () => {
    const bench = new Bench();
    const { result } = bench.submit('a');
    bench.answer(1, '', -101);
    await expect(result).rejects.toMatchObject({
      code: 'NO_NODE',
      path: '/p',
      message: 'echo /p: there is no such node',
      maybeApplied: false,
    });
  });

  it.each([
    ['to another request', (bench: Bench) => bench.answer(9, 'A')],
    ['with too few bytes', (bench: Bench) => bench.pipeline.answer(1, 0, new JuteReader(Buffer.alloc(3)))],
    ['with too many bytes', (bench: Bench) => bench.pipeline.answer(1, 0, new JuteReader(Buffer.alloc(8)))],
    ['with an error that cannot be', (bench: Bench) => bench.answer(1, '', -9_999)],
    [
      'with a body behind its error',
      (bench: Bench) => bench.pipeline.answer(1, -101, new JuteReader(Buffer.alloc(4))),
    ],
  ])('takes an answer %s for malformed: the call fails and the connection must end', async (_, answer) => {
    const bench = new Bench();
    const { result } = bench.submit('a');
    expect(() => answer(bench)).toThrow(JuteError);
    await expect(result).rejects.toMatchObject({ code: 'MARSHALLING', maybeApplied: true });
  });

  it('refuses an answer when nothing was asked', () => {
    expect(() => new Bench().answer(1, 'A')).toThrow(/none is expected/);
  });
});
