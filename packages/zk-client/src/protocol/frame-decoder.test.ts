import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JuteError } from '../jute/jute-error.js';
import { FrameDecoder } from './frame-decoder.js';

function frame(payload: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(payload.length);
  return Buffer.concat([length, payload]);
}

function decodeAll(decoder: FrameDecoder, chunks: Buffer[]): Buffer[] {
  const frames: Buffer[] = [];
  for (const chunk of chunks) {
    decoder.push(chunk, (bytes, start, end) => frames.push(Buffer.from(bytes.subarray(start, end))));
  }
  return frames;
}

describe('FrameDecoder', () => {
  it('finds the same frames however the stream is cut into chunks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 50 }),
        (payloads, cuts) => {
          const stream = Buffer.concat(payloads.map(frame));
          const chunks: Buffer[] = [];
          for (let at = 0, turn = 0; at < stream.length; turn += 1) {
            const size = cuts[turn % cuts.length] as number;
            chunks.push(stream.subarray(at, at + size));
            at += size;
          }
          const decoder = new FrameDecoder(1000);
          expect(decodeAll(decoder, chunks)).toEqual(payloads.map((payload) => Buffer.from(payload)));
          expect(decoder.bufferedBytes).toBe(0);
        },
      ),
    );
  });

  it('holds an incomplete frame back', () => {
    const decoder = new FrameDecoder(1000);
    expect(decodeAll(decoder, [frame(Buffer.from('hello')).subarray(0, 7)])).toEqual([]);
    expect(decoder.bufferedBytes).toBe(7);
  });

  it.each([-1, 1001, 0x7fff_ffff])('refuses a frame that claims %i bytes', (length) => {
    const bytes = Buffer.alloc(8);
    bytes.writeInt32BE(length);
    expect(() => decodeAll(new FrameDecoder(1000), [bytes])).toThrow(JuteError);
  });
});
