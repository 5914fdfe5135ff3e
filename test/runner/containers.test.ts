import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobMessage } from '../../src/protocol/runner/index.ts';
import { dockerEngine, startDocker, type TestDocker } from '../support/docker.ts';
import { jobMessage, type ScriptedJob, StandInServer } from '../support/stand-in-server.ts';
import { type RunnerProcess, startRunner } from './runner-process.ts';

const engine = dockerEngine();

let docker: TestDocker;
let server: StandInServer;
let runner: RunnerProcess | undefined;

beforeAll(async () => {
  if (engine) docker = await startDocker(engine);
});
afterAll(async () => {
  await docker?.close();
});
beforeEach(async () => {
  server = new StandInServer();
  await server.start();
});
afterEach(async () => {
  await runner?.close();
  runner = undefined;
  await server.stop();
  expect(server.violations).toEqual([]);
});

type Token = JobMessage['jobContainer'];
const map = (members: Record<string, Token>): Token => ({
  type: 2,
  map: Object.entries(members).map(([Key, Value]) => ({ Key, Value })),
});

interface ContainerJob extends ScriptedJob {
  jobContainer?: Token;
  services?: Token;
}

function start({ jobContainer, services, ...job }: ContainerJob): RunnerProcess {
  runner = startRunner(server.jitConfig(), { env: docker.env });
  server.offer({
    ...jobMessage(server, job),
    jobContainer: jobContainer ?? null,
    jobServiceContainers: services ?? null,
  });
  return runner;
}

async function run(job: ContainerJob) {
  const started = start(job);
  expect(await started.exited, started.output()).toBe(0);
  const [completion] = server.completions;
  if (!completion) throw new Error(started.output());
  const steps = completion.stepResults?.map(({ name, conclusion }) => `${name}: ${conclusion}`);
  const annotations = completion.stepResults?.flatMap((step) => step.annotations?.map(({ message }) => message) ?? []);
  return { conclusion: completion.conclusion, steps, annotations, log: server.jobLog() };
}

/** Names of containers and networks that carry our labels. */
const left = (): string =>
  docker.docker('ps', '-a', '--filter', 'label=switchyard.job', '--format', '{{.Names}}') +
  docker.docker('network', 'ls', '--filter', 'label=switchyard.job', '--format', '{{.Name}}');

describe.skipIf(!engine)('a job in a container', () => {
  it('SEM-14.4 to 14.6, 14.10: runs its steps inside, with its paths, its PATH and sh', async () => {
    const { conclusion, steps, log } = await run({
      jobContainer: map({ image: docker.image, env: map({ GREETING: 'hello', MULTI: 'one\ntwo' }) }),
      env: { FROM_JOB: 'a b' },
      steps: [
        {
          name: 'Look',
          run: 'pwd; echo "$GREETING [$MULTI] $FROM_JOB $HOME $GITHUB_WORKSPACE $RUNNER_TEMP $CI"; cat "$GITHUB_EVENT_PATH"; readlink /proc/$$/exe || true',
        },
        {
          name: 'Write',
          run: 'mkdir -p "$RUNNER_TEMP/bin"; printf "#!/bin/sh\\necho tool ran" > "$RUNNER_TEMP/bin/tool"; chmod +x "$RUNNER_TEMP/bin/tool"; echo "$RUNNER_TEMP/bin" >> "$GITHUB_PATH"; echo "LATER=x y" >> "$GITHUB_ENV"; echo "made=it" >> "$GITHUB_OUTPUT"',
          id: 'write',
        },
        { name: 'Use', run: 'tool; echo "$LATER $PATH"', shell: 'bash' },
        { name: 'Fail', run: 'exit 7', continueOnError: true },
      ],
      outputs: { made: 'steps.write.outputs.made', id: 'job.container.id' },
    });
    expect(conclusion, log).toBe('succeeded');
    expect(steps).toEqual([
      'Set up job: succeeded',
      'Initialize containers: succeeded',
      'Look: succeeded',
      'Write: succeeded',
      'Use: succeeded',
      'Fail: succeeded',
      'Stop containers: succeeded',
      'Complete job: succeeded',
    ]);
    expect(log).toContain('Z /__w/r/r\n');
    expect(log).toMatch(/hello \[one\n\S+ two\] a b \/github\/home \/__w\/r\/r \/__w\/_temp true/);
    expect(log).toContain('"head": "x"');
    expect(log).toContain('tool ran');
    expect(log).toContain('x y /__w/_temp/bin:/usr/local/bin:/usr/bin:/bin');
    expect(log).toContain('shell: sh -e {0}');
    expect(log).toContain('cannot be reached; the image that this machine has is used');
    expect(log).toContain('Process completed with exit code 7.');
    expect(server.completions[0]?.outputs).toMatchObject({ made: { value: 'it' } });
    expect(server.completions[0]?.outputs?.id?.value).toMatch(/^[0-9a-f]{64}$/);
    expect(left()).toBe('');
  });
});
