/** The "Set up job" record: SEM-15.2. */
import { hostname, release, type as systemName } from 'node:os';
import { errorText } from '../../common/errors.ts';
import { evaluateTemplate } from '../../workflow/expressions/index.ts';
import { runnerArch, runnerOs } from '../platform.ts';
import type { JobState } from './job-state.ts';
import type { StepOutput } from './step-output.ts';

/**
 * Prints who runs the job and evaluates what all steps share.
 * @returns false when the job cannot run here; the reason is in the output
 */
export function setUpJob(job: JobState, output: StepOutput): boolean {
  printIdentity(job, output);
  try {
    for (const token of job.message.environmentVariables ?? []) {
      Object.assign(job.env, job.evaluateMapping(token, job.scope(), 'env'));
    }
    for (const token of job.message.defaults ?? []) evaluateTemplate(token, job.scope());
  } catch (error) {
    output.error(errorText(error));
    return false;
  }
  return true;
}

function printIdentity(job: JobState, output: StepOutput): void {
  const { runner, folders } = job;
  output.print(`Current runner version: '${runner.version}' (Switchyard)`);
  output.group(
    'Runner information',
    `Runner name: '${runner.name}'`,
    `Runner group name: '${job.variable('system.runnerGroupName') ?? runner.groupName}'`,
    `Machine name: '${hostname()}'`,
  );
  output.group('Operating System', `${runnerOs} ${runnerArch}`, `${systemName()} ${release()}`);
  const permissions = Object.entries(parsePermissions(job.variable('system.github.token.permissions')));
  if (permissions.length > 0) {
    output.group('GITHUB_TOKEN Permissions', ...permissions.map(([name, access]) => `${name}: ${access}`));
  }
  output.print(`Prepare workflow directory: ${folders.workspace}`);
}

function parsePermissions(text: string | undefined): Record<string, string> {
  try {
    return JSON.parse(text ?? '{}') as Record<string, string>;
  } catch {
    return {};
  }
}
