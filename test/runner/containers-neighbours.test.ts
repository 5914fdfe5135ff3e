import { describe, it } from 'vitest';
import { ContainerJobs, engine } from './container-jobs.ts';
import { runSideBySide } from './neighbours.ts';

const jobs = new ContainerJobs();

describe.skipIf(!engine)('two runners in containers on one engine, with the same paths inside', () => {
  it('SEM-32.31: run container jobs with services side by side, and neither hurts the other; test/long does so fifty times', async () => {
    await runSideBySide(jobs, 2);
  });
});
