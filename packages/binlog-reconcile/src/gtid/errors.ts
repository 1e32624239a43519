/** A text is not a GTID, a GTID set or a position. Nothing of it was used. */
export class GtidParseError extends Error {
  override readonly name = 'GtidParseError';

  constructor(
    /** The whole text that was given. */
    readonly text: string,
    /** Index of the character (UTF-16 unit, from 0) at which parsing stopped. */
    readonly position: number,
    /** What would have been right at that place. */
    readonly expected: string,
  ) {
    const rest = text.slice(position, position + 24);
    const found = rest === '' ? 'the text ends' : `found ${JSON.stringify(rest)}`;
    super(`Not a GTID set: expected ${expected} at character ${position}, ${found}`);
  }
}

/** Bytes are not an encoded GTID set. Nothing of them was used. */
export class GtidDecodeError extends Error {
  override readonly name = 'GtidDecodeError';

  constructor(
    /** Offset of the byte (from 0) that could not be understood. */
    readonly offset: number,
    /** What is wrong there. */
    readonly problem: string,
  ) {
    super(`Not an encoded GTID set: ${problem} at byte ${offset}`);
  }
}

/** A set cannot be written in the form that was asked for. */
export class GtidEncodeError extends Error {
  override readonly name = 'GtidEncodeError';
}

/** Every number of a server (or tag) is used: there is no next one. */
export class GtidExhaustedError extends Error {
  override readonly name = 'GtidExhaustedError';

  constructor(
    /** The source, `uuid` or `uuid:tag`. */
    readonly source: string,
  ) {
    super(
      `${source} has used every GTID number up to 9223372036854775806; a new server UUID or tag is needed`,
    );
  }
}
