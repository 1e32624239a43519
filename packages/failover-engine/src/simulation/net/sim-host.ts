/** A machine. Its disk outlives it unless it is lost. */
export class SimHost {
  up = true;
  /** How wrong its wall clock is. */
  wallOffsetMs = 0;

  constructor(
    readonly name: string,
    readonly region: string,
  ) {}
}
