import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobMessage } from '../../protocol/runner/job-message.ts';
import { Masks } from '../masks.ts';
import { BackgroundSteps } from './background-steps.ts';
import { JobState, type Outcome } from './job-state.ts';
import type { Stage, StageResult } from './stage.ts';
import { StepOutput } from './step-output.ts';
import { StepRecord } from './step-record.ts';

function job(): JobState {
  const message = {
    jobName: 'job',
    variables: {},
    steps: [],
    contextData: {},
    resources: { endpoints: [] },
    environmentVariables: [],
  } as unknown as JobMessage;
  const runner = { id: 1, name: 'r', groupName: 'g', root: '/r', version: '1', workFolder: '/r/_work' };
  return new JobState(message, runner as never, 'github_x', { sigintMs: 1, sigtermMs: 1 });
}

/** What a step sets, in one of the ways that others may see. */
interface Change {
  kind: 'env' | 'path';
  name: string;
  value: string;
}

interface Doing {
  changes: Change[];
  outcome: Outcome;
}

type Op =
  | ({ op: 'start' } & Doing)
  | { op: 'foreground'; changes: Change[] }
  | { op: 'end'; which: number }
  | { op: 'wait' | 'cancel'; which: number[] }
  | { op: 'wait-all' };

/** Stands for a step that ends when it is told to, or is stopped. */
class ToldStage {
  readonly #abort = new AbortController();
  readonly #ended: Promise<Outcome>;
  #resolve: (outcome: Outcome) => void = () => undefined;
  readonly #job: JobState;
  readonly #doing: Doing;
  seen: { env: Record<string, string>; path: string[]; steps: string[] } | undefined;

  constructor(of: JobState, doing: Doing) {
    this.#job = of;
    this.#doing = doing;
    this.#ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  stop(): void {
    this.#abort.abort();
    this.#resolve('cancelled');
  }

  end(): void {
    this.#resolve(this.#doing.outcome);
  }

  async run(): Promise<StageResult> {
    const outcome = await this.#ended;
    const { env, path, steps } = this.#job;
    this.seen = { env: { ...env }, path: [...path], steps: Object.keys(steps) };
    for (const change of this.#doing.changes) apply(this.#job, change);
    return { outcome, conclusion: outcome, outputs: {} };
  }
}

function apply(to: JobState, { kind, name, value }: Change): void {
  if (kind === 'env') to.setEnv(name, value);
  else to.addPath(`/${name}`);
}

/** The rules told slowly: everything that has become visible, in its order, gone through from the start each time. */
class Reference {
  readonly #visible: (Change | { step: string; outcome: Outcome })[] = [];

  show(changes: Change[]): void {
    this.#visible.push(...changes);
  }

  showStep(step: string, { changes, outcome }: Doing): void {
    this.#visible.push(...changes, { step, outcome });
  }

  get state() {
    const env: Record<string, string> = {};
    let path: string[] = [];
    const steps: Record<string, Outcome> = {};
    for (const each of this.#visible) {
      if ('step' in each) steps[each.step] = each.outcome;
      else if (each.kind === 'env') env[each.name] = each.value;
      else path = [`/${each.name}`, ...path.filter((entry) => entry !== `/${each.name}`)];
    }
    return { env, path, steps };
  }
}

const stateOf = ({ env, path, steps }: JobState) => ({
  env,
  path,
  steps: Object.fromEntries(
    Object.entries(steps).map(([name, step]) => [name, (step as { outcome: Outcome }).outcome]),
  ),
});

const control = (controlType: 'wait' | 'wait-all' | 'cancel', stepIds?: string[]) =>
  ({ type: 'backgroundStepControl', id: 'x', name: 'x', controlType, stepIds }) as const;

const output = () => new StepOutput({ write: () => undefined }, new StepRecord(1, 'x'), new Masks(), false);

const name = fc.constantFrom('A', 'B', 'C');
const changes = fc.array(
  fc.record({ kind: fc.constantFrom('env' as const, 'path' as const), name, value: fc.constantFrom('1', '2', '3') }),
  { maxLength: 3 },
);
const which = fc.nat({ max: 7 });
const program = fc.array(
  fc.oneof(
    fc.record({ op: fc.constant('start' as const), changes, outcome: fc.constantFrom<Outcome>('success', 'failure') }),
    fc.record({ op: fc.constant('foreground' as const), changes }),
    fc.record({ op: fc.constant('end' as const), which }),
    fc.record({ op: fc.constantFrom('wait' as const, 'cancel' as const), which: fc.array(which, { maxLength: 3 }) }),
    fc.constant({ op: 'wait-all' as const }),
  ),
  { maxLength: 14 },
);

interface Begun extends Doing {
  name: string;
  stage: ToldStage;
  before: Reference['state'];
  isOver: boolean;
  isCovered: boolean;
}

/** Runs a program in both, comparing after every step. @returns what fails the job by both accounts */
async function runBoth(ops: Op[]): Promise<void> {
  const state = job();
  const background = new BackgroundSteps(state);
  const reference = new Reference();
  const begun: Begun[] = [];
  const told = new Set<Begun>();
  const cover = (steps: Begun[]): void => {
    for (const step of steps.filter(({ isCovered }) => !isCovered)) {
      step.isCovered = true;
      reference.showStep(step.name, step);
    }
  };
  for (const op of ops) {
    if (op.op === 'start') {
      const fork = state.fork();
      const stage = new ToldStage(fork, op);
      const step = { ...op, name: `s${begun.length}`, stage, before: reference.state, isOver: false, isCovered: false };
      begun.push(step);
      const record = new StepRecord(1, step.name);
      background.start({ name: step.name, record, job: fork, stage: stage as unknown as Stage });
    } else if (op.op === 'foreground') {
      for (const change of op.changes) apply(state, change);
      reference.show(op.changes);
    } else if (op.op === 'end') {
      const step = begun[op.which];
      if (!step || step.isOver) continue;
      step.isOver = true;
      step.stage.end();
    } else {
      const names = op.op === 'wait-all' ? undefined : op.which.map((index) => `s${index}`);
      const meant = names
        ? names.flatMap((each) => begun.filter((step) => step.name === each))
        : begun.filter(({ isCovered }) => !isCovered);
      for (const step of meant.filter(({ isOver }) => !isOver)) {
        step.isOver = true;
        if (op.op === 'cancel') step.outcome = 'cancelled';
        else queueMicrotask(() => step.stage.end());
      }
      const failed = await background.control(control(op.op, names), output());
      cover(meant);
      if (op.op !== 'cancel') for (const step of meant) told.add(step);
      const expected = meant.filter(({ outcome }) => outcome === 'failure').map((step) => step.name);
      expect(failed).toEqual(op.op === 'cancel' ? [] : expected);
    }
    expect(stateOf(state)).toEqual(reference.state);
  }
  for (const { stage } of begun) stage.end();
  const untold = begun.filter((step) => !told.has(step));
  expect(await background.rest()).toEqual(
    untold.filter(({ outcome }) => outcome === 'failure').map((step) => step.name),
  );
  cover(begun);
  expect(stateOf(state)).toEqual(reference.state);
  for (const { stage, before } of begun) {
    expect(stage.seen).toEqual({ env: before.env, path: before.path, steps: Object.keys(before.steps) });
  }
}

describe('background steps', () => {
  it('SEM-18.3 to 18.6: every program shows what the rules say, whenever its steps end', async () => {
    await fc.assert(fc.asyncProperty(program, runBoth), { numRuns: 500 });
  });

  it('SEM-18.1: a turn is given to ten at once, in the order of asking, and to none that was stopped', async () => {
    const background = new BackgroundSteps(job());
    const letIn: number[] = [];
    const stops = Array.from({ length: 14 }, () => new AbortController());
    const ends: ((result: StageResult) => void)[] = [];
    for (const [index, { signal }] of stops.entries()) {
      const run = async (): Promise<StageResult> => {
        await background.turn(signal);
        if (!signal.aborted) letIn.push(index);
        return await new Promise((resolve) => {
          ends[index] = resolve;
        });
      };
      const stage = { signal, run, stop: () => undefined } as unknown as Stage;
      background.start({ name: `s${index}`, record: new StepRecord(1, 'x'), job: job().fork(), stage });
    }
    const settle = async (): Promise<void> => {
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    };
    await settle();
    expect(letIn).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    stops[10]?.abort();
    ends[3]?.({ outcome: 'success', conclusion: 'success', outputs: {} });
    await settle();
    expect(letIn.slice(10)).toEqual([11]);
    for (const index of [0, 1]) ends[index]?.({ outcome: 'success', conclusion: 'success', outputs: {} });
    await settle();
    expect(letIn.slice(10)).toEqual([11, 12, 13]);
  });
});
