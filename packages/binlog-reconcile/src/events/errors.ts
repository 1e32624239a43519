/** Where in which file something was found. */
export interface EventPlace {
  /** Base name of the binlog file; `''` when the stream did not say. */
  readonly file: string;
  /** Bytes from the start of the file. */
  readonly position: number;
}

/** Base of every error about a binlog's content. `file` and `position` name the event. */
export class BinlogError extends Error {
  readonly file: string;
  readonly position: number;

  constructor(message: string, place: EventPlace, options?: ErrorOptions) {
    super(`${place.file || 'binlog stream'} at position ${place.position}: ${message}`, options);
    this.name = new.target.name;
    this.file = place.file;
    this.position = place.position;
  }
}

/** Bytes that no server writes: damage, or a truncated copy. Nothing after it is trusted. */
export class BinlogCorruptError extends BinlogError {}

/** The checksum of an event does not match its bytes. */
export class ChecksumError extends BinlogCorruptError {
  constructor(
    readonly expected: number,
    readonly computed: number,
    place: EventPlace,
  ) {
    super(
      `checksum mismatch: the event states ${hex(expected)}, its bytes give ${hex(computed)}; ` +
        'the file is damaged here: copy it again from the server',
      place,
    );
  }
}

/** The file does not begin as a binlog does. */
export class NotABinlogError extends BinlogError {}

/** The file is encrypted; only the server that wrote it can read it. */
export class EncryptedBinlogError extends BinlogError {
  constructor(kind: 'mysql' | 'mariadb', place: EventPlace) {
    super(
      `the ${kind === 'mysql' ? 'MySQL' : 'MariaDB'} binlog is encrypted on disk and its key is with the server: ` +
        'read it through the server instead (a server source, `--host`)',
      place,
    );
    this.flavor = kind;
  }
  readonly flavor: 'mysql' | 'mariadb';
}

/** An event of a type this package does not know, and that may not be skipped because it may hold changes. */
export class UnknownEventError extends BinlogError {
  constructor(
    readonly eventType: number,
    place: EventPlace,
    reason = 'it is not marked as ignorable, so it may hold changes: use a newer version of this package',
  ) {
    super(`event type ${eventType} cannot be read: ${reason}`, place);
  }
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16).padStart(8, '0')}`;
}
