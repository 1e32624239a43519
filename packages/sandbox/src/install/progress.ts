/** Receives one line for a person at each step of something long. */
export type Progress = (line: string) => void;
