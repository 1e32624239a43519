import type { FileHandle } from 'node:fs/promises';

/** Bytes read at once unless told otherwise. */
const BLOCK_BYTES = 1 << 18;

/** Reads one open file in bounded blocks, wherever one is wanted, and holds the last one. */
export class BlockReader {
  #block: Buffer = Buffer.alloc(0);
  #start = 0;
  #memory: Buffer = Buffer.alloc(0);

  constructor(
    private readonly handle: FileHandle,
    /** Nothing behind this byte is read: the file may be longer. */
    readonly size: number,
    /** What is longer has to be read in parts. */
    readonly blockBytes = BLOCK_BYTES,
    /** Writes each block over the one before, for those who keep nothing of it. Default false. */
    private readonly reuse = false,
  ) {}

  /** The bytes held; they stay as they are unless blocks are reused. */
  get block(): Buffer {
    return this.#block;
  }

  /** Where in the file {@link block} begins. */
  get start(): number {
    return this.#start;
  }

  /** Whether `length` bytes from `position` on are held. */
  has(position: number, length: number): boolean {
    return position >= this.#start && position + length <= this.#start + this.#block.length;
  }

  /** Holds the block that begins at `position`; shorter at the end of the file. */
  async load(position: number): Promise<void> {
    const length = Math.min(this.blockBytes, Math.max(this.size - position, 0));
    const block = this.#memoryFor(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.handle.read(block, filled, length - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    this.#start = position;
    this.#block = filled === length ? block : block.subarray(0, filled);
  }

  /** The bytes from `position` to `end` as far as one block goes, at least one. */
  async part(position: number, end: number): Promise<Buffer> {
    if (!this.has(position, 1)) await this.load(position);
    const from = position - this.#start;
    return this.#block.subarray(from, Math.min(end - this.#start, this.#block.length));
  }

  #memoryFor(length: number): Buffer {
    if (!this.reuse) return Buffer.allocUnsafeSlow(length);
    if (this.#memory.length < length) this.#memory = Buffer.allocUnsafeSlow(length);
    return this.#memory.subarray(0, length);
  }
}
