import { open } from 'node:fs/promises';
import { EVENT_HEADER_LENGTH } from '../../events/event-header.js';
import { BinlogError } from '../../events/errors.js';
import { EventType } from '../../events/event-type.js';
import { MAGIC } from '../../reading/event-framer.js';
import type { BinlogInventory } from '../inventory/binlog-inventory.js';
import { BlockReader } from '../inventory/block-reader.js';
import type { FileHead } from '../inventory/file-head.js';
import { readTransactionHead } from '../inventory/gtid-collector.js';
import { isControl, isTransactionBegin } from '../inventory/transaction-bounds.js';
import { ChannelClosedError, type PacketChannel } from '../protocol/packet-channel.js';
import { eofPayload } from '../protocol/packets.js';
import { sqlErrors } from '../protocol/sql-error.js';
import type { DumpRequest } from './dump-request.js';
import { EventWriter, WrongChecksumError, type ChecksumForm } from './event-writer.js';
import {
  artificialRotate,
  describedAs,
  describedInTheMiddle,
  heartbeat,
  heartbeatV2,
} from './made-events.js';
import { selectionFor } from './selection-for.js';
import type { Selection } from './selection.js';

/** How far the sending to one replica has come. */
export interface DumpProgress {
  file: string;
  /** Behind the last event that was sent or left out. */
  position: number;
  transactionsSent: number;
  transactionsSkipped: number;
  /** Everything there is was sent. */
  complete: boolean;
}

export interface DumpOptions {
  readonly channel: PacketChannel;
  readonly inventory: BinlogInventory;
  readonly request: DumpRequest;
  /** The replica wants checksums. */
  readonly checksum: boolean;
  /** `null`: the replica wants none. */
  readonly heartbeatMs: number | null;
  /** A replica that takes nothing for so long is given up. */
  readonly stallTimeoutMs: number;
  readonly progress: DumpProgress;
}

/** Waits of a replica that wants no heartbeats. */
const IDLE_MS = 60_000;

/** Sends one replica what it lacks, then heartbeats until it goes. */
export class Dump {
  readonly #o: DumpOptions;
  readonly #writer: EventWriter;
  readonly #serverId: number;
  /** `null`: everything behind a position. */
  readonly #selection: Selection | null;
  readonly #isMariadb: boolean;

  constructor(options: DumpOptions) {
    this.#o = options;
    const { inventory, request } = options;
    this.#writer = new EventWriter(options.channel, options.stallTimeoutMs);
    this.#serverId = inventory.serverId;
    this.#isMariadb = inventory.flavor === 'mariadb';
    this.#selection = selectionFor(request, inventory);
  }

  /**
   * Resolves when the replica said that it will not wait, and everything was sent.
   * @throws ChannelClosedError, SqlError
   */
  async run(): Promise<void> {
    const { inventory, channel, request, progress } = this.#o;
    try {
      const start = await this.#meanwhile(this.#start());
      for (let index = start.index; index < inventory.fileCount; index++) {
        const position = index === start.index ? start.position : MAGIC.length;
        await this.#sendFile(index, position);
      }
      this.#selection?.finish();
      await this.#writer.flush();
    } catch (error) {
      // What was gathered are whole packets: an error follows them, it does not replace them.
      if (!(error instanceof ChannelClosedError)) await this.#writer.flush();
      throw error instanceof BinlogError ? sqlErrors.fatalReading(error.message) : error;
    }
    progress.complete = true;
    if (request.nonBlocking) {
      await channel.send(eofPayload());
      return;
    }
    const { heartbeatMs } = this.#o;
    while (!channel.closed && !channel.spoke()) {
      await channel.pause(heartbeatMs ?? IDLE_MS);
      if (heartbeatMs !== null && !channel.closed && this.#writer.silentMs >= heartbeatMs / 2)
        await this.#beat();
    }
  }

  async #start(): Promise<{ readonly index: number; readonly position: number }> {
    const { inventory, request } = this.#o;
    const { from } = request;
    if (this.#selection !== null) return { index: await this.#selection.firstFile(), position: MAGIC.length };
    if (from.kind !== 'position') throw new TypeError(`no selection for ${from.kind}`);
    const index = from.file === '' ? 0 : inventory.indexOf(from.file);
    if (index === -1) {
      throw sqlErrors.fatalReading(
        `Could not find first log file name in binary log index file: ${from.file}`,
      );
    }
    const end = await inventory.end(index);
    if (from.position > end) {
      throw sqlErrors.fatalReading(
        `Client requested source to start replication from position ${from.position}, which is behind ${end}, where the whole transactions of ${from.file} end`,
      );
    }
    return { index, position: Math.max(from.position, MAGIC.length) };
  }

  async #sendFile(index: number, from: number): Promise<void> {
    const { inventory, checksum, progress } = this.#o;
    const head = await inventory.head(index);
    const end = await this.#meanwhile(inventory.end(index));
    const form: ChecksumForm = {
      stored: head.format.checksum === 'crc32',
      sent: checksum && head.format.knowsChecksums,
    };
    progress.file = head.file;
    progress.position = from;
    const inTheMiddle = from > MAGIC.length;
    const described = describedAs(head.description, head.format.knowsChecksums, form.sent);
    await this.#writer.add(artificialRotate(this.#serverId, head.file, from, checksum));
    await this.#writer.add(
      inTheMiddle ? describedInTheMiddle(described, head.format.knowsChecksums) : described,
    );
    const handle = await open(head.path, 'r');
    try {
      await this.#sendEvents(head, new BlockReader(handle, end), Math.max(from, head.descriptionEnd), form);
    } catch (error) {
      if (!(error instanceof WrongChecksumError)) throw error;
      throw sqlErrors.fatalReading(`${head.file} is damaged: ${error.message}`);
    } finally {
      await handle.close();
    }
  }

  async #sendEvents(head: FileHead, reader: BlockReader, from: number, form: ChecksumForm): Promise<void> {
    const { progress, channel, inventory } = this.#o;
    let skipping = false;
    let position = from;
    while (position < reader.size) {
      if (!reader.has(position, EVENT_HEADER_LENGTH)) {
        if (channel.closed) return;
        await reader.load(position);
        if (skipping) await this.#beatWhereSilent();
      }
      const at = position - reader.start;
      const length = reader.has(position, EVENT_HEADER_LENGTH) ? reader.block.readUInt32LE(at + 9) : 0;
      if (length < EVENT_HEADER_LENGTH || position + length > reader.size) {
        throw sqlErrors.fatalReading(
          `${head.file} is damaged at ${position}: no event is ${length} bytes long`,
        );
      }
      const statedEnd = reader.block.readUInt32LE(at + 13);
      if (position === from && statedEnd !== 0 && statedEnd !== (position + length) % 2 ** 32) {
        throw sqlErrors.fatalReading(`no event begins at position ${position} of ${head.file}`);
      }
      const type = reader.block[at + 4] as number;
      if (isTransactionBegin(type) && this.#selection !== null) {
        if (!reader.has(position, length)) {
          await reader.load(position);
          continue;
        }
        const { gtid, length: stated } = readTransactionHead(
          reader.block,
          at,
          at + length - (form.stored ? 4 : 0),
        );
        if (gtid === undefined) {
          throw sqlErrors.fatalReading(
            `Cannot replicate anonymous transaction when AUTO_POSITION = 1, at file ${head.file}, position ${position}`,
          );
        }
        skipping = !this.#selection.wants(gtid);
        if (skipping) progress.transactionsSkipped++;
        else progress.transactionsSent++;
        if (skipping && stated !== undefined) {
          position += stated;
          progress.position = position;
          await this.#beatWhereSilent();
          continue;
        }
      } else if (isTransactionBegin(type)) progress.transactionsSent++;
      else if (isControl(type)) skipping = false;
      // Its server died before the file that it names was there: a replica would wait for events of that one.
      const leadsNowhere = type === EventType.Rotate && head.file === inventory.lastFile;
      const isUnwanted = type === EventType.MariaAnnotateRows && !this.#o.request.heartbeatV2OrAnnotate;
      if (!skipping && !leadsNowhere && !isUnwanted)
        await this.#writer.addStored(reader, position, length, form);
      position += length;
      progress.position = position;
    }
  }

  /** Waits for a reading of files; the replica gets heartbeats meanwhile. */
  async #meanwhile<T>(reading: Promise<T>): Promise<T> {
    const { heartbeatMs, channel, progress } = this.#o;
    if (heartbeatMs === null) return reading;
    let done = false;
    const settled = reading.then(
      () => (done = true),
      () => (done = true),
    );
    for (;;) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, heartbeatMs)));
      await Promise.race([settled, late]);
      clearTimeout(timer);
      if (done || channel.closed) return reading;
      // Before the first ROTATE a replica takes none.
      if (progress.file !== '') await this.#beat();
    }
  }

  async #beatWhereSilent(): Promise<void> {
    const { heartbeatMs } = this.#o;
    if (heartbeatMs !== null && this.#writer.silentMs >= heartbeatMs) await this.#beat();
  }

  async #beat(): Promise<void> {
    const { request, progress, checksum } = this.#o;
    const make = request.heartbeatV2OrAnnotate && !this.#isMariadb ? heartbeatV2 : heartbeat;
    await this.#writer.add(make(this.#serverId, progress.file, progress.position, checksum));
    await this.#writer.flush();
  }
}
