import { execFileSync } from 'node:child_process';
import { percentile } from './rows.ts';

/** Median time of a program that is started by nothing but this process, in ms. */
export function aloneMs(command: string, args: string[], env?: NodeJS.ProcessEnv, rounds = 50): number {
  const samples: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = performance.now();
    execFileSync(command, args, { env: env ?? process.env });
    samples.push(performance.now() - before);
  }
  return percentile(samples, 0.5);
}
