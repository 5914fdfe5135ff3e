import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../protocol/runner/tokens.ts';
import { evaluateJobCondition, type JobResult, readWorkflow, transitiveNeeds, type Workflow } from './index.ts';

/** What a written condition means, for one job of the graph. */
interface Sight {
  /** Results of every ancestor. */
  ancestors: Map<string, JobResult>;
  /** Of the needed jobs alone. */
  needs: Map<string, JobResult>;
  cancelled: boolean;
  /** The job that the condition names, if it names one. */
  other: string;
}

const allGreen = ({ ancestors, cancelled }: Sight): boolean =>
  !cancelled && [...ancestors.values()].every((result) => result === 'success');
const anyRed = ({ ancestors }: Sight): boolean => [...ancestors.values()].includes('failure');

/** SEM-9.3 and 9.5 by hand: a text, with OTHER for the key of some job, and what it is. */
const CONDITIONS: [string, (sight: Sight) => boolean][] = [
  ['', allGreen],
  ['success()', allGreen],
  ['true', allGreen],
  ["'failure()' == 'FAILURE()'", allGreen],
  ["needs.OTHER.result == 'success'", (sight) => allGreen(sight) && sight.needs.get(sight.other) === 'success'],
  ['false', () => false],
  ['failure()', anyRed],
  ['!failure()', (sight) => !anyRed(sight)],
  ['always()', () => true],
  ['cancelled()', ({ cancelled }) => cancelled],
  ['!cancelled()', ({ cancelled }) => !cancelled],
  ['failure() || cancelled()', (sight) => anyRed(sight) || sight.cancelled],
  ['success() || failure()', (sight) => allGreen(sight) || anyRed(sight)],
  ["always() && needs.OTHER.result == 'skipped'", ({ needs, other }) => needs.get(other) === 'skipped'],
  ["always() && contains(needs.*.result, 'failure')", ({ needs }) => [...needs.values()].includes('failure')],
  ["success('OTHER')", ({ ancestors, cancelled, other }) => !cancelled && ancestors.get(other) === 'success'],
  ["failure('OTHER')", ({ ancestors, other }) => ancestors.get(other) === 'failure'],
];

interface RandomJob {
  key: string;
  needs: string[];
  condition: number;
  other: string;
  /** What its steps come to when it runs. */
  outcome: JobResult;
  continueOnError: boolean;
}

const KEYS = ['build', 'Test', 'lint-1', '_pack', 'Deploy', 'notify', 'z'];

/** Jobs in the order of a file, which is not that of the graph. */
const graphs = fc
  .tuple(
    fc.shuffledSubarray(KEYS, { minLength: 1 }),
    fc.infiniteStream(fc.nat()),
    fc.infiniteStream(fc.constantFrom<JobResult>('success', 'success', 'failure', 'cancelled')),
    fc.array(fc.nat({ max: 2 }), { minLength: 49, maxLength: 49 }),
  )
  .chain(([keys, numbers, outcomes, edges]) => {
    const draw = (): number => numbers.next().value;
    const jobs = keys.map((key, index): RandomJob => {
      const needs = keys.slice(0, index).filter((_, before) => edges[index * 7 + before] === 0);
      const other = keys[draw() % keys.length] ?? '';
      const condition = draw() % CONDITIONS.length;
      return { key, needs, condition, other, outcome: outcomes.next().value, continueOnError: draw() % 4 === 0 };
    });
    return fc.shuffledSubarray(jobs, { minLength: jobs.length });
  });

function workflowOf(jobs: RandomJob[]): Workflow {
  const bodies = jobs.map(({ key, needs, condition, other }) => {
    const written = CONDITIONS[condition]?.[0].replace('OTHER', other) ?? '';
    const lines = [
      `needs: ${JSON.stringify(needs.map((need) => need.toUpperCase()))}`,
      'runs-on: x',
      'steps: [{run: x}]',
    ];
    if (written) lines.push(`if: ${JSON.stringify(written)}`);
    return `  ${key}:\n${lines.map((line) => `    ${line}\n`).join('')}`;
  });
  const workflow = readWorkflow({ path: 'ci.yml', text: `on: push\njobs:\n${bodies.join('')}` });
  return workflow;
}

/** The run cancels itself when so many jobs have completed. */
function run(workflow: Workflow, jobs: RandomJob[], cancelAfter: number): Map<string, JobResult> {
  const results = new Map<string, JobResult>();
  while (results.size < jobs.length) {
    const ready = workflow.jobs.find(({ key, needs }) => !results.has(key) && needs.every((need) => results.has(need)));
    if (!ready) throw new Error('nothing is ready');
    const resultsOf = (keys: string[]) => keys.map((key): [string, JobResult] => [key, results.get(key) ?? 'success']);
    const needs: Json = Object.fromEntries(resultsOf(ready.needs).map(([key, result]) => [key, { result }]));
    const { run: runs, error } = evaluateJobCondition(workflow, ready.key, {
      contexts: { needs },
      ancestorResults: Object.fromEntries(resultsOf(transitiveNeeds(workflow, ready.key))),
      cancelled: results.size >= cancelAfter,
    });
    expect(error).toBeUndefined();
    const job = jobs.find(({ key }) => key === ready.key);
    results.set(ready.key, job && runs ? reported(job) : 'skipped');
  }
  return results;
}

/** SEM-9.8 */
const reported = ({ outcome, continueOnError }: RandomJob): JobResult =>
  outcome === 'failure' && continueOnError ? 'success' : outcome;

/** The same by the letter: every job as soon as its needs are there, ancestors by walking up from it each time. */
function slowRun(jobs: RandomJob[], cancelAfter: number): Map<string, JobResult> {
  const results = new Map<string, JobResult>();
  while (results.size < jobs.length) {
    for (const job of jobs) {
      if (results.has(job.key) || !job.needs.every((need) => results.has(need))) continue;
      const pick = (keys: string[]) => new Map([...results].filter(([key]) => keys.includes(key)));
      const sight: Sight = {
        ancestors: pick(ancestorsOf(job, jobs)),
        needs: pick(job.needs),
        cancelled: results.size >= cancelAfter,
        other: job.other,
      };
      results.set(job.key, CONDITIONS[job.condition]?.[1](sight) ? reported(job) : 'skipped');
      break;
    }
  }
  return results;
}

const ancestorsOf = (job: RandomJob, jobs: RandomJob[]): string[] =>
  jobs.filter(({ key }) => job.needs.includes(key)).flatMap((need) => [need.key, ...ancestorsOf(need, jobs)]);

describe('the graph of jobs', () => {
  it('SEM-9.2 to 9.8: random graphs end as a slow reference says', { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(graphs, fc.nat({ max: 14 }), (jobs, cancelAfter) => {
        const workflow = workflowOf(jobs);
        expect(workflow.errors).toEqual([]);
        expect(run(workflow, jobs, cancelAfter)).toEqual(slowRun(jobs, cancelAfter));
      }),
      { numRuns: 150 },
    );
  });

  it('SEM-9.5: knows every ancestor once, in the order of the file', { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(graphs, (jobs) => {
        const workflow = workflowOf(jobs);
        for (const job of jobs) {
          const expected = new Set(ancestorsOf(job, jobs));
          expect(transitiveNeeds(workflow, job.key)).toEqual(
            jobs.map(({ key }) => key).filter((key) => expected.has(key)),
          );
        }
      }),
      { numRuns: 50 },
    );
  });
});
