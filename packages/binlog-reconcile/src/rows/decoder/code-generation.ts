let codeGeneration: boolean | undefined;

/** Whether this process lets code be generated; else decoders are made of closures. */
export function mayGenerateCode(): boolean {
  if (codeGeneration === undefined) {
    try {
      // eslint-disable-next-line @typescript-eslint/no-implied-eval -- a constant; whether it may run is the question
      codeGeneration = (new Function('return true') as () => boolean)();
    } catch {
      codeGeneration = false;
    }
  }
  return codeGeneration;
}

/** For tests: `false` makes decoders of closures from now on, `undefined` asks the process again. */
export function setCodeGeneration(allowed: boolean | undefined): void {
  codeGeneration = allowed;
}
