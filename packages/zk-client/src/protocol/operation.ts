import type { JuteReader } from '../jute/jute-reader.js';
import type { JuteWriter } from '../jute/jute-writer.js';

/** One kind of request: how its arguments are written and its answer is read. */
export interface Operation<Arguments, Result> {
  /** What messages call it. */
  readonly name: string;
  /** True when it changes something at the server, so that a lost answer leaves a doubt. */
  readonly isWrite: boolean;
  opCode(args: Arguments): number;
  encode(writer: JuteWriter, args: Arguments): void;
  decode(reader: JuteReader, args: Arguments): Result;
}
