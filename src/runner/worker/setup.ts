/** The "Set up job" record: SEM-15.2. */
import { readFileSync } from 'node:fs';
import { hostname, release, type as systemName } from 'node:os';
import { join } from 'node:path';
import { errorText } from '../../common/errors.ts';
import { setting } from '../../common/settings.ts';
import { LABEL_VARIABLES } from '../../protocol/runner/constants.ts';
import { evaluateTemplate } from '../../workflow/expressions/index.ts';
import { runnerArch, runnerOs } from '../platform.ts';
import { knownProxies, shownProxy } from '../proxy.ts';
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
  for (const proxy of Object.values(knownProxies())) for (const form of passwordForms(proxy)) job.masks.add(form);
  const { runner, folders } = job;
  output.print(`Current runner version: '${runner.version}' (Switchyard)`);
  output.group(
    'Runner information',
    `Runner name: '${runner.name}'`,
    `Runner group name: '${job.variable('system.runnerGroupName') ?? runner.groupName}'`,
    `Machine name: '${hostname()}'`,
    ...labels('Labels of the runner', job.variable(LABEL_VARIABLES.runner)),
    ...labels('Labels that the job asked for', job.variable(LABEL_VARIABLES.requested)),
    ...named('Started by', setting('runnerBackend')),
    ...named('Runner image', setting('runnerImage')),
  );
  const system = readText('/etc/os-release');
  const [, name = ''] = /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(system) ?? [];
  output.group('Operating System', `${runnerOs} ${runnerArch}`, ...named('', name), `${systemName()} ${release()}`);
  printMachineFacts(runner.root, output);
  const permissions = Object.entries(parseJson(job.variable('system.github.token.permissions')) ?? {});
  if (permissions.length > 0) {
    output.group('GITHUB_TOKEN Permissions', ...permissions.map(([scope, access]) => `${scope}: ${String(access)}`));
  }
  const { secret_source: source } = job.github;
  if (typeof source === 'string' && source !== '') output.print(`Secret source: ${source}`);
  for (const [scheme, proxy] of Object.entries(knownProxies())) {
    const kind = scheme.toUpperCase();
    output.print(`Runner is running behind proxy server '${shownProxy(proxy)}' for all ${kind} requests.`);
  }
  output.print(`Prepare workflow directory: ${folders.workspace}`);
}

/** What whoever made the machine wants told of it: a list of groups in `.setup_info` (runner-protocol 11.9). */
function printMachineFacts(root: string, output: StepOutput): void {
  const groups = parseJson(readText(join(root, '.setup_info')));
  for (const { group, detail } of Array.isArray(groups) ? (groups as { group?: unknown; detail?: unknown }[]) : []) {
    const title = typeof group === 'string' && group !== '' ? group : 'Machine Setup Info';
    if (typeof detail !== 'string' || detail === '' || title.startsWith('_internal_')) continue;
    output.group(title, ...detail.trimEnd().split(/\r?\n/));
  }
}

const named = (what: string, value: string): string[] =>
  value === '' ? [] : [what === '' ? value : `${what}: '${value}'`];

/** Only Switchyard's server tells them. */
function labels(what: string, text: string | undefined): string[] {
  const list = parseJson(text);
  return Array.isArray(list) ? [`${what}: ${list.map((label) => `'${String(label)}'`).join(', ')}`] : [];
}

/** As it is, and as a URL has it. */
const passwordForms = ({ password }: URL): string[] =>
  password === '' ? [] : [password, decodeURIComponent(password)];

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch {
    return '';
  }
}

function parseJson(text: string | undefined): object | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
