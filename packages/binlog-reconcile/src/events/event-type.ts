/** Types of MySQL's events (`libs/mysql/binlog/event/binlog_event.h`) and MariaDB's (from 160, `log_event.h`). */
export const EventType = {
  Unknown: 0,
  StartV3: 1,
  Query: 2,
  Stop: 3,
  Rotate: 4,
  IntVar: 5,
  Load: 6,
  Slave: 7,
  CreateFile: 8,
  AppendBlock: 9,
  ExecLoad: 10,
  DeleteFile: 11,
  NewLoad: 12,
  Rand: 13,
  UserVar: 14,
  FormatDescription: 15,
  Xid: 16,
  BeginLoadQuery: 17,
  ExecuteLoadQuery: 18,
  TableMap: 19,
  PreGaWriteRows: 20,
  PreGaUpdateRows: 21,
  PreGaDeleteRows: 22,
  WriteRowsV1: 23,
  UpdateRowsV1: 24,
  DeleteRowsV1: 25,
  Incident: 26,
  Heartbeat: 27,
  Ignorable: 28,
  RowsQuery: 29,
  WriteRows: 30,
  UpdateRows: 31,
  DeleteRows: 32,
  Gtid: 33,
  AnonymousGtid: 34,
  PreviousGtids: 35,
  TransactionContext: 36,
  ViewChange: 37,
  XaPrepare: 38,
  PartialUpdateRows: 39,
  TransactionPayload: 40,
  HeartbeatV2: 41,
  GtidTagged: 42,
  MariaAnnotateRows: 160,
  MariaBinlogCheckpoint: 161,
  MariaGtid: 162,
  MariaGtidList: 163,
  MariaStartEncryption: 164,
  MariaQueryCompressed: 165,
  MariaWriteRowsCompressedV1: 166,
  MariaUpdateRowsCompressedV1: 167,
  MariaDeleteRowsCompressedV1: 168,
  MariaWriteRowsCompressed: 169,
  MariaUpdateRowsCompressed: 170,
  MariaDeleteRowsCompressed: 171,
} as const;

/** One of the numbers of {@link EventType}. */
export type EventTypeCode = (typeof EventType)[keyof typeof EventType];

const names = new Map<number, string>(Object.entries(EventType).map(([name, code]) => [code, name]));

/** The name of a type in {@link EventType}, or `Type99` for one that is not there. */
export function eventTypeName(type: number): string {
  return names.get(type) ?? `Type${type}`;
}

/** Flags of an event's header. */
export const EventFlag = {
  /** Format description only: the file was not closed, or is being written. */
  BinlogInUse: 0x01,
  ThreadSpecific: 0x04,
  SuppressUse: 0x08,
  /** Made up for the reader by the server that sends the events; not in any file. */
  Artificial: 0x20,
  RelayLog: 0x40,
  /** A reader that does not know the type may skip it. */
  Ignorable: 0x80,
} as const;
