import type { Acl, CreateMode, Stat } from '../api.js';
import type { JuteWriter } from '../jute/jute-writer.js';
import { readAcls, writeAcls } from './acl.js';
import { createFlags, createOpCode, hasTtl } from './create-mode.js';
import { OpCode } from './op-code.js';
import type { Operation } from './operation.js';
import { readStat } from './stat.js';

/** Paths here are the server's (chroot included). */
export interface CreateArguments {
  readonly path: string;
  readonly data: Uint8Array | string;
  readonly acl: readonly Acl[];
  readonly mode: CreateMode;
  readonly ttlMs: number;
}

/** `CreateRequest` or `CreateTTLRequest`, without the header; also used within a multi. */
export function writeCreate(writer: JuteWriter, args: CreateArguments): void {
  writer.string(args.path);
  writer.buffer(args.data);
  writeAcls(writer, args.acl);
  writer.int(createFlags(args.mode));
  if (hasTtl(args.mode)) writer.long(BigInt(args.ttlMs));
}

export const createOperation: Operation<CreateArguments, { path: string; stat: Stat }> = {
  name: 'create',
  isWrite: true,
  opCode: (args) => createOpCode(args.mode),
  encode: writeCreate,
  decode: (reader) => ({ path: reader.string(), stat: readStat(reader) }),
};

export const deleteOperation: Operation<{ path: string; version: number }, void> = {
  name: 'delete',
  isWrite: true,
  opCode: () => OpCode.delete,
  encode: (writer, { path, version }) => {
    writer.string(path);
    writer.int(version);
  },
  decode: () => undefined,
};

export interface ReadArguments {
  readonly path: string;
  readonly watch: boolean;
}

function writeRead(writer: JuteWriter, { path, watch }: ReadArguments): void {
  writer.string(path);
  writer.bool(watch);
}

export const existsOperation: Operation<ReadArguments, Stat | null> = {
  name: 'exists',
  isWrite: false,
  opCode: () => OpCode.exists,
  encode: writeRead,
  decode: (reader) => readStat(reader),
};

export const getOperation: Operation<ReadArguments, { data: Buffer; stat: Stat }> = {
  name: 'get',
  isWrite: false,
  opCode: () => OpCode.getData,
  encode: writeRead,
  decode: (reader) => ({ data: reader.buffer(), stat: readStat(reader) }),
};

export const childrenOperation: Operation<ReadArguments, { children: string[]; stat: Stat }> = {
  name: 'children',
  isWrite: false,
  opCode: () => OpCode.getChildren2,
  encode: writeRead,
  decode: (reader) => ({ children: reader.vector(() => reader.string()), stat: readStat(reader) }),
};

export const setOperation: Operation<{ path: string; data: Uint8Array | string; version: number }, Stat> = {
  name: 'set',
  isWrite: true,
  opCode: () => OpCode.setData,
  encode: (writer, { path, data, version }) => {
    writer.string(path);
    writer.buffer(data);
    writer.int(version);
  },
  decode: readStat,
};

export const syncOperation: Operation<{ path: string }, void> = {
  name: 'sync',
  isWrite: false,
  opCode: () => OpCode.sync,
  encode: (writer, { path }) => writer.string(path),
  decode: (reader) => void reader.string(),
};

export const getAclOperation: Operation<{ path: string }, { acl: Acl[]; stat: Stat }> = {
  name: 'getAcl',
  isWrite: false,
  opCode: () => OpCode.getAcl,
  encode: (writer, { path }) => writer.string(path),
  decode: (reader) => ({ acl: readAcls(reader), stat: readStat(reader) }),
};

export const setAclOperation: Operation<{ path: string; acl: readonly Acl[]; version: number }, Stat> = {
  name: 'setAcl',
  isWrite: true,
  opCode: () => OpCode.setAcl,
  encode: (writer, { path, acl, version }) => {
    writer.string(path);
    writeAcls(writer, acl);
    writer.int(version);
  },
  decode: readStat,
};

export const addWatchOperation: Operation<{ path: string; recursive: boolean }, void> = {
  name: 'addWatch',
  isWrite: false,
  opCode: () => OpCode.addWatch,
  encode: (writer, { path, recursive }) => {
    writer.string(path);
    writer.int(recursive ? 1 : 0);
  },
  // `ErrorResponse`: the error of the header once more.
  decode: (reader) => void reader.int(),
};

/** `Watcher.WatcherType.Any` (zookeeper-server): data, child and persistent watches of this session on the node. */
const anyWatch = 3;

export const removeWatchesOperation: Operation<{ path: string }, void> = {
  name: 'removeWatches',
  isWrite: false,
  opCode: () => OpCode.removeWatches,
  encode: (writer, { path }) => {
    writer.string(path);
    writer.int(anyWatch);
  },
  decode: () => undefined,
};

export interface ClientIdentity {
  readonly scheme: string;
  readonly id: string;
}

export const whoAmIOperation: Operation<Record<string, never>, ClientIdentity[]> = {
  name: 'whoAmI',
  isWrite: false,
  opCode: () => OpCode.whoAmI,
  encode: () => undefined,
  decode: (reader) => reader.vector(() => ({ scheme: reader.string(), id: reader.string() })),
};

export const closeSessionOperation: Operation<null, void> = {
  name: 'close',
  isWrite: true,
  opCode: () => OpCode.closeSession,
  encode: () => undefined,
  decode: () => undefined,
};
