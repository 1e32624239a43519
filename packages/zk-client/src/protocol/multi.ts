import type { Acl, Op, OpResult } from '../api.js';
import { JuteError } from '../jute/jute-error.js';
import type { JuteReader } from '../jute/jute-reader.js';
import type { JuteWriter } from '../jute/jute-writer.js';
import { createOpCode } from './create-mode.js';
import { OpCode } from './op-code.js';
import type { Operation } from './operation.js';
import { writeCreate } from './operations.js';
import { readStat } from './stat.js';

export interface MultiArguments {
  readonly ops: readonly Op[];
  readonly defaultAcl: readonly Acl[];
  /** Gives the server's path of a path of this client. */
  readonly toServerPath: (path: string) => string;
}

/** What a multi came to: results of all, or the first operation that was refused and its error number. */
export type MultiOutcome =
  { readonly results: OpResult[] } | { readonly index: number; readonly error: number };

/** The error number of an operation that was fine but undone because of another. */
const undone = -2;

/** `MultiHeader` (zookeeper.jute). */
function writeHeader(writer: JuteWriter, type: number, done: boolean): void {
  writer.int(type);
  writer.bool(done);
  writer.int(-1);
}

function writeOp(writer: JuteWriter, op: Op, { defaultAcl, toServerPath }: MultiArguments): void {
  const path = toServerPath(op.path);
  switch (op.type) {
    case 'create': {
      const mode = op.mode ?? 'persistent';
      writeHeader(writer, createOpCode(mode), false);
      writeCreate(writer, {
        path,
        data: op.data ?? '',
        acl: op.acl ?? defaultAcl,
        mode,
        ttlMs: op.ttlMs ?? 0,
      });
      return;
    }
    case 'delete':
      writeHeader(writer, OpCode.delete, false);
      writer.string(path);
      writer.int(op.version ?? -1);
      return;
    case 'set':
      writeHeader(writer, OpCode.setData, false);
      writer.string(path);
      writer.buffer(op.data);
      writer.int(op.version ?? -1);
      return;
    case 'check':
      writeHeader(writer, OpCode.check, false);
      writer.string(path);
      writer.int(op.version);
  }
}

function readResult(reader: JuteReader, type: number): OpResult {
  switch (type) {
    case OpCode.create:
      return { type: 'create', path: reader.string() };
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTtl:
      return { type: 'create', path: reader.string(), stat: readStat(reader) };
    case OpCode.delete:
      return { type: 'delete' };
    case OpCode.setData:
      return { type: 'set', stat: readStat(reader) };
    case OpCode.check:
      return { type: 'check' };
    default:
      throw new JuteError(`a multi answers with the unknown result type ${type}`);
  }
}

/** `MultiTransactionRecord` and `MultiResponse` (zookeeper-server): header and record for each, then a closing header. */
export const multiOperation: Operation<MultiArguments, MultiOutcome> = {
  name: 'multi',
  isWrite: true,
  opCode: () => OpCode.multi,
  encode: (writer, args) => {
    for (const op of args.ops) writeOp(writer, op, args);
    writeHeader(writer, -1, true);
  },
  decode: (reader, { ops }) => {
    const results: OpResult[] = [];
    let refused: { index: number; error: number } | undefined;
    for (let index = 0; ; index += 1) {
      const type = reader.int();
      const done = reader.bool();
      reader.int();
      if (done) break;
      if (index >= ops.length) throw new JuteError(`a multi of ${ops.length} answers with more results`);
      if (type !== OpCode.error) {
        results.push(readResult(reader, type));
        continue;
      }
      const error = reader.int();
      // Operations before the refused one answer 0, those after it "undone".
      if (error !== 0 && (refused === undefined || refused.error === undone)) {
        if (refused === undefined || error !== undone) refused = { index, error };
      }
    }
    if (refused) return refused;
    if (results.length !== ops.length) {
      throw new JuteError(`a multi of ${ops.length} answers with ${results.length} results`);
    }
    return { results };
  },
};
