/** Something that was asked of the engine and is not done yet. */
export interface GroupTask {
  readonly name: string;
  readonly kind: string;
  readonly requestedBy: string;
  readonly args: Readonly<Record<string, unknown>>;
}
