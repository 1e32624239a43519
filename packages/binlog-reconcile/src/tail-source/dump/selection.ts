/** Which transactions a replica lacks, and so where the sending begins. */
export interface Selection {
  /** Index of the first file that has some of them. @throws SqlError when some are in no file any more */
  firstFile(): Promise<number>;
  /** Asked of each transaction, in the order of the files. */
  wants(gtid: string): boolean;
  /** Called at the end. @throws SqlError when what the replica named was never met */
  finish(): void;
}
