/** Where the processes of a job's steps run: on this machine, or in the job's container (SEM-14.4, 14.5). */
import type { ProcessOptions, RunningProcess } from '../process.ts';
import { startOnMachine } from './causes/machine.ts';

export interface StepHost {
  readonly isContainer: boolean;
  /** What its processes have without the job's doing; undefined: what the runner itself has. */
  readonly environment: Record<string, string> | undefined;
  /** A path of this machine as the step's processes see it; one that they cannot see comes back as it is. */
  inside(path: string): string;
  /** The other way: a path that a step named, as this machine sees it. */
  outside(path: string): string;
  /** How it calls a Node of this machine. @throws UserError when it cannot */
  nodeProgram(path: string): Promise<string>;
  /** `options.cwd` and all arguments are paths as the process sees them. @throws UserError when it cannot be started */
  start(options: ProcessOptions): Promise<RunningProcess>;
}

export const thisMachine: StepHost = {
  isContainer: false,
  environment: undefined,
  inside: (path) => path,
  outside: (path) => path,
  nodeProgram: async (path) => path,
  start: startOnMachine,
};
