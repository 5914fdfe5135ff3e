/** The "Complete job" record and what the job hands on: SEM-15.5, SEM-27. */
import { errorText } from '../../common/errors.ts';
import { evaluateTemplate, toText } from '../../workflow/expressions/index.ts';
import { TRACKING_VARIABLE } from '../job-channel.ts';
import { killStrayProcesses } from '../stray-processes.ts';
import type { JobState } from './job-state.ts';
import type { StepOutput } from './step-output.ts';

/** A step that forked for ever has left thousands. */
const MAX_NAMED = 50;

export interface JobEnd {
  outputs: Record<string, { value: string }>;
  environmentUrl?: string;
}

/** Evaluates outputs and the environment's URL, then stops what the steps left running. */
export async function completeJob(job: JobState, output: StepOutput): Promise<JobEnd> {
  const end: JobEnd = { outputs: evaluateOutputs(job, output), environmentUrl: evaluateUrl(job, output) };
  if (job.variable('process.clean')?.toLowerCase() !== 'false') await cleanUp(job, output);
  return end;
}

async function cleanUp(job: JobState, output: StepOutput): Promise<void> {
  output.print('Cleaning up orphan processes');
  const { killed, optedOut } = await killStrayProcesses(job.trackingId, job.group);
  for (const { pid, name } of killed.slice(0, MAX_NAMED)) {
    output.print(`Terminate orphan process: pid (${pid}) (${name})`);
  }
  if (killed.length > MAX_NAMED) output.print(`… and ${killed.length - MAX_NAMED} more`);
  for (const { pid, name } of optedOut) {
    output.print(`Left running, since it has set ${TRACKING_VARIABLE} itself: pid (${pid}) (${name})`);
  }
}

/** Empty outputs and those that would show a secret are left out; an error fails the job. */
function evaluateOutputs(job: JobState, output: StepOutput): JobEnd['outputs'] {
  const outputs: JobEnd['outputs'] = {};
  try {
    const values = job.evaluateMapping(job.message.jobOutputs, job.scope(), 'outputs');
    for (const [name, value] of Object.entries(values)) {
      if (value === '') continue;
      if (job.masks.isSecret(value)) output.warning(`Skip output '${name}' since it may contain secret.`);
      else outputs[name] = { value };
    }
  } catch (error) {
    output.error(`The outputs of the job cannot be evaluated: ${errorText(error)}`);
    job.note('failure');
  }
  return outputs;
}

function evaluateUrl(job: JobState, output: StepOutput): string | undefined {
  try {
    const url = toText(evaluateTemplate(job.message.actionsEnvironment?.url ?? null, job.scope()));
    if (url === '') return undefined;
    if (!job.masks.isSecret(url)) return url;
    output.warning('Skip the environment url since it may contain secret.');
  } catch (error) {
    output.error(`The environment url cannot be evaluated: ${errorText(error)}`);
    job.note('failure');
  }
  return undefined;
}
