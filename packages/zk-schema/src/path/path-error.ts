/** A path, or a part of one, that cannot be of the tree. */
export class PathError extends Error {
  override readonly name = 'PathError';
  /** The path or the part of it that is wrong. */
  readonly text: string;

  constructor(text: string, message: string) {
    super(message);
    this.text = text;
  }
}
