/** Text of `buffer` from `start` to `end`, or `undefined` where that is not valid text of the character set. */
export type DecodeText = (buffer: Buffer, start: number, end: number) => string | undefined;
