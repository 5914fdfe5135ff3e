import type { ProcessExit } from '../process.ts';

/** How a step's log says that its process has failed. */
export const exitMessage = ({ code, reason }: ProcessExit): string =>
  `Process completed with exit code ${code}.${reason === undefined ? '' : ` ${reason}`}`;
