import { builtProgram } from '../../common/package.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../failure.ts';

/** Listed here for the help; bin/switchyard.mjs starts the runner without loading any of this. */
export const runnerCommand: Command = {
  name: 'runner',
  summary: 'take one job after another from a server or a GitHub (its own small program)',
  arguments: [],
  options: [],
  examples: [
    { what: 'register with a JIT config, run one job, end', command: 'switchyard runner --jitconfig CONFIG' },
    { what: 'register at a GitHub', command: 'switchyard runner config --url https://github.com/me/app --token TOKEN' },
    { what: 'run what the folder is registered for', command: 'switchyard runner' },
  ],
  passThrough: true,
  async run() {
    await import(builtProgram('runner.cjs'));
    return EXIT.done;
  },
};
