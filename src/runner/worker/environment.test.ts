import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JobMessage } from '../../protocol/runner/job-message.ts';
import { toContextData } from '../../protocol/runner/tokens.ts';
import { stepEnvironment } from './environment.ts';
import { JobState } from './job-state.ts';

const root = join(tmpdir(), 'environment-test');

function jobState(data: object = {}): JobState {
  const message = {
    messageType: 'RunnerJobRequest',
    jobName: 'build',
    variables: {
      'system.github.token': { value: 'the-token', isSecret: true },
      PASSWORD: { value: 'hunter2', isSecret: true },
    },
    resources: {
      endpoints: [
        { name: 'SystemVssConnection', url: 'http://s/', authorization: { parameters: { AccessToken: 'jwt' } }, data },
      ],
    },
    contextData: {
      github: toContextData({ repository: 'o/r', run_id: '5', ref_protected: true, event: { a: 1 }, number: 3 }),
    },
    steps: [],
  } as unknown as JobMessage;
  const runner = {
    name: 'r1',
    id: '1',
    instance: 'i',
    externals: '/externals',
    pid: 1,
    groupName: 'Default',
    version: '1',
    root,
    workFolder: join(root, '_work'),
  };
  return new JobState(message, runner, 'github_x', { sigintMs: 1, sigtermMs: 1 });
}

describe('stepEnvironment', () => {
  it('lets step env win over job env, and built-in values over both (SEM-7.4)', () => {
    const job = jobState();
    Object.assign(job.env, { A: 'job', B: 'job', GITHUB_RUN_ID: 'forged', RUNNER_NAME: 'forged' });
    const environment = stepEnvironment(job, { B: 'step', GITHUB_ACTIONS: 'no' }, job.github);
    expect(environment).toMatchObject({
      A: 'job',
      B: 'step',
      GITHUB_RUN_ID: '5',
      RUNNER_NAME: 'r1',
      GITHUB_ACTIONS: 'true',
    });
  });

  it('exports texts and booleans of github, but never its token (SEM-26.2)', () => {
    const job = jobState();
    const environment = stepEnvironment(job, {}, job.github);
    expect(environment).toMatchObject({ GITHUB_REPOSITORY: 'o/r', GITHUB_REF_PROTECTED: 'true', GITHUB_JOB: 'build' });
    expect(environment).not.toHaveProperty('GITHUB_TOKEN');
    expect(environment).not.toHaveProperty('GITHUB_EVENT');
    expect(Object.values(environment)).not.toContain('the-token');
  });

  it('describes the runner and marks its processes (SEM-26.3)', () => {
    const job = jobState();
    expect(stepEnvironment(job, {}, job.github)).toMatchObject({
      RUNNER_TEMP: join(root, '_work/_temp'),
      RUNNER_WORKSPACE: join(root, '_work/r'),
      GITHUB_WORKSPACE: join(root, '_work/r/r'),
      RUNNER_ENVIRONMENT: 'self-hosted',
      RUNNER_TRACKING_ID: 'github_x',
    });
  });

  it('sets CI only when nobody else did (SEM-7.4)', () => {
    const job = jobState();
    expect(stepEnvironment(job, { CI: 'mine' }, job.github).CI).toBe('mine');
    delete job.inherited.CI;
    expect(stepEnvironment(job, {}, job.github).CI).toBe('true');
  });

  it('puts added paths in front, newest first (SEM-24.5)', () => {
    const job = jobState();
    job.path.push('/newest', '/older');
    expect(stepEnvironment(job, { PATH: '/bin' }, job.github).PATH).toBe('/newest:/older:/bin');
  });

  it('offers an OIDC token only where the server does (SEM-17.15)', () => {
    const without = jobState();
    expect(stepEnvironment(without, {}, without.github)).not.toHaveProperty('ACTIONS_ID_TOKEN_REQUEST_URL');
    const job = jobState({ GenerateIdTokenUrl: 'http://s/id?x=1' });
    expect(stepEnvironment(job, {}, job.github).ACTIONS_ID_TOKEN_REQUEST_URL).toBe('http://s/id?x=1');
  });
});

describe('JobState', () => {
  it('keeps system variables out of secrets, masks them all the same, and hides secrets from conditions (SEM-22.4)', () => {
    const job = jobState();
    expect(job.secrets).toEqual({ PASSWORD: 'hunter2' });
    expect(job.masks.apply('the-token hunter2 jwt')).toBe('*** *** ***');
    expect(job.scope({ withSecrets: false }).contexts).not.toHaveProperty('secrets');
  });

  it('stays cancelled once it was (SEM-15.7)', () => {
    const job = jobState();
    job.note('failure');
    expect(job.status).toBe('failure');
    job.note('cancelled');
    job.note('failure');
    expect(job.status).toBe('cancelled');
  });
});
