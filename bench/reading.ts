import type { Json } from '../src/protocol/runner/tokens.ts';
import { type ReadFile, WorkflowReader } from '../src/server/workflow-files/workflow-reader.ts';
import {
  evaluateJobCondition,
  expandMatrix,
  githubContext,
  type JobState,
  matchEvent,
  resolveJob,
  transitiveNeeds,
  type Workflow,
} from '../src/workflow/index.ts';
import { hostileWorkflows, LARGEST_FILE } from '../test/support/hostile-workflows.ts';
import { blocking } from '../test/support/thread-time.ts';
import { durations, type Row } from './rows.ts';
import { sampleWorkflow } from './sample-workflow.ts';

const FILES = 200;
/** What a server that has been up for a while has read. */
const FILES_BEFORE = 30;
const PATH = '.github/workflows/ci.yml';
const REPOSITORY = { id: '1', owner: 'bench', name: 'reading' };
const SERVER = { serverUrl: 'http://localhost', apiUrl: 'http://localhost/api/v3', graphqlUrl: 'http://localhost/api' };

/** A workflow of 200 lines, from its text to the jobs that a push makes of it: each text is a new one. */
export const benchReading = (): Promise<Row> =>
  withReader(async (reader) => {
    const samples: number[] = [];
    for (let number = 0; number < FILES_BEFORE + FILES; number++) {
      const text = sampleWorkflow(`Sample ${number}`);
      const before = performance.now();
      plan(await reader.read(PATH, text));
      samples.push(performance.now() - before);
    }
    return durations('read and plan a workflow of 200 lines', samples.slice(FILES_BEFORE), { p50: 10 });
  });

/** The same for a text that has been read before. */
export const benchPlanning = (): Promise<Row> =>
  withReader(async (reader) => {
    const { hash } = await reader.read(PATH, sampleWorkflow('Sample'));
    const samples: number[] = [];
    for (let number = 0; number < FILES_BEFORE + FILES; number++) {
      const before = performance.now();
      plan(reader.cached(hash, PATH));
      samples.push(performance.now() - before);
    }
    return durations('the same, read before', samples.slice(FILES_BEFORE), { p50: 0.5 });
  });

async function withReader(measure: (reader: WorkflowReader) => Promise<Row>): Promise<Row> {
  const reader = new WorkflowReader();
  try {
    return await measure(reader);
  } finally {
    await reader.close();
  }
}

/** What the server asks of a workflow until its last job is queued, when all go well. */
function plan(file: ReadFile | undefined): void {
  if (!file || file.workflow.errors.length > 0) throw new Error('the sample is wrong');
  const { workflow } = file;
  if (!matchEvent(workflow, { name: 'push', ref: 'refs/heads/main' }).triggered) throw new Error('no match');
  const state = stateOf(workflow);
  for (const { key } of workflow.jobs) {
    evaluateJobCondition(workflow, key, state);
    const configurations = expandMatrix(workflow, key, state.contexts);
    if (!configurations.ok) throw new Error(configurations.errors[0]?.message);
    for (const configuration of configurations.value) resolveJob(workflow, key, state.contexts, configuration);
  }
}

function stateOf(workflow: Workflow): JobState {
  const needs = Object.fromEntries(workflow.jobs.map(({ key }) => [key, { result: 'success', outputs: {} }] as const));
  const github = githubContext({
    ...{ event: 'push', payload: { ref: 'refs/heads/main' }, ref: 'refs/heads/main', sha: 'a'.repeat(40) },
    ...{ actor: 'ada', triggeringActor: 'ada', repository: REPOSITORY, workflow },
    ...{ runId: '1', runNumber: '1', attempt: '1', ...SERVER },
  });
  const results = transitiveNeeds(workflow, 'publish').map((key) => [key, 'success'] as const);
  return {
    contexts: { github, needs, vars: {}, inputs: {} } satisfies Record<string, Json>,
    ancestorResults: Object.fromEntries(results),
    cancelled: false,
  };
}

const EVALUATIONS = 100_000;
const BATCH = 1_000;

/** Conditions of the jobs of the sample, one after the other, with what `explain` shows of each. */
export const benchConditions = (): Promise<Row> =>
  withReader(async (reader) => {
    const { workflow } = await reader.read(PATH, sampleWorkflow('Sample'));
    const state = stateOf(workflow);
    const perSecond: number[] = [];
    for (let done = 0; done < EVALUATIONS; done += BATCH) {
      const before = performance.now();
      for (let index = 0; index < BATCH; index++) {
        evaluateJobCondition(workflow, workflow.jobs[index % workflow.jobs.length]?.key ?? '', state);
      }
      perSecond.push((BATCH * 1000) / (performance.now() - before));
    }
    const row = durations('conditions of jobs', perSecond, { p50: 20_000, isAtLeast: true });
    return { ...row, unit: '/s', samples: EVALUATIONS, p99: null };
  });

const MAX_BLOCK_MS = 50;
const TRIES = 3;

/** Of every hostile file the longest block of the event loop; a neighbour's noise is tried again. The worst file counts. */
export const benchHostileFiles = (): Promise<Row> =>
  withReader(async (reader) => {
    for (let number = 0; number < FILES_BEFORE; number++) await reader.read(PATH, sampleWorkflow(`Sample ${number}`));
    const blocks: number[] = [];
    for (const sizeBytes of [LARGEST_FILE, 32 * 1024]) {
      for (const { text } of hostileWorkflows(sizeBytes)) blocks.push(await shortestBlock(reader, text()));
    }
    const row = durations('longest block of the event loop by a hostile file', blocks, { p50: MAX_BLOCK_MS });
    return { ...row, p50: Math.max(...blocks), p99: null };
  });

async function shortestBlock(reader: WorkflowReader, text: string): Promise<number> {
  let shortest = Number.POSITIVE_INFINITY;
  for (let number = 0; number < TRIES && shortest > MAX_BLOCK_MS; number++) {
    // Another path, as what was read is kept.
    shortest = Math.min(shortest, (await blocking(() => reader.read(`${number}.yml`, text))).blockMs);
  }
  return shortest;
}
