import type { Stat } from '../api.js';
import { JuteError } from '../jute/jute-error.js';
import { OpCode } from './op-code.js';
import type { Operation } from './operation.js';
import { readStat } from './stat.js';

/** One read of a multi-read: the data with its stat, or the names of the children (the server gives no stat then). */
export type ReadOp =
  { readonly type: 'get'; readonly path: string } | { readonly type: 'children'; readonly path: string };

export type RawReadResult =
  | { readonly type: 'get'; readonly data: Buffer; readonly stat: Stat }
  | { readonly type: 'children'; readonly children: string[] }
  | { readonly type: 'error'; readonly error: number };

/** `OpCode.multiRead`, since ZooKeeper 3.6: each read succeeds or fails by itself. Paths are the server's. */
export const multiReadOperation: Operation<{ ops: readonly ReadOp[] }, RawReadResult[]> = {
  name: 'multiRead',
  isWrite: false,
  opCode: () => OpCode.multiRead,
  encode: (writer, { ops }) => {
    for (const op of ops) {
      writer.int(op.type === 'get' ? OpCode.getData : OpCode.getChildren);
      writer.bool(false);
      writer.int(-1);
      writer.string(op.path);
      writer.bool(false);
    }
    writer.int(-1);
    writer.bool(true);
    writer.int(-1);
  },
  decode: (reader, { ops }) => {
    const results: RawReadResult[] = [];
    for (;;) {
      const type = reader.int();
      const done = reader.bool();
      reader.int();
      if (done) break;
      if (results.length >= ops.length) {
        throw new JuteError(`a multi-read of ${ops.length} answers with more results`);
      }
      if (type === OpCode.getData) {
        results.push({ type: 'get', data: reader.buffer(), stat: readStat(reader) });
      } else if (type === OpCode.getChildren) {
        results.push({ type: 'children', children: reader.vector(() => reader.string()) });
      } else if (type === OpCode.error) {
        results.push({ type: 'error', error: reader.int() });
      } else throw new JuteError(`a multi-read answers with the unknown result type ${type}`);
    }
    if (results.length !== ops.length) {
      throw new JuteError(`a multi-read of ${ops.length} answers with ${results.length} results`);
    }
    return results;
  },
};
