import { describe, it } from 'vitest';
import { ContainerJobs, engine } from '../runner/container-jobs.ts';
import { runSideBySide } from '../runner/neighbours.ts';

const jobs = new ContainerJobs();

describe.skipIf(!engine)('two runners in containers on one engine, with the same paths inside', () => {
  it('SEM-32.31: run container jobs with services side by side fifty times, and neither hurts the other', async () => {
    await runSideBySide(jobs, 50);
  });
});
