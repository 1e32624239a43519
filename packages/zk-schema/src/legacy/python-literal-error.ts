/** A text that is no Python literal of the kinds that are read. */
export class PythonLiteralError extends Error {
  override readonly name = 'PythonLiteralError';
  /** Where in the text, counted in UTF-16 units from 0. */
  readonly offset: number;
  readonly reason: string;

  constructor(reason: string, offset: number) {
    super(`not a Python literal: ${reason} at character ${offset}`);
    this.reason = reason;
    this.offset = offset;
  }
}
