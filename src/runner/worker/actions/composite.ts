/** Composite actions: steps in a step (SEM-17.9 to 17.13). */

import { errorText } from '../../../common/errors.ts';
import type { Json, TemplateToken } from '../../../protocol/runner/tokens.ts';
import {
  describeSkip,
  evaluateExpression,
  evaluateTemplate,
  isTruthy,
  referencedValues,
  toText,
} from '../../../workflow/expressions/index.ts';
import type { Frame } from '../frame.ts';
import type { Outcome } from '../job-state.ts';
import type { StopReason } from '../stage.ts';
import { type OutsideRun, StepContext, type StepHandler } from '../step-context.ts';
import { earlyStepName } from '../step-name.ts';
import type { LoadedAction } from './action-store.ts';
import { actionInputs, printAction, warnOfUnknown } from './inputs.ts';
import type { CompositeRuns, CompositeStep } from './manifest.ts';
import { usesText } from './references.ts';

/** Gives the handler of a nested step. */
export type NestedHandler = (step: CompositeStep) => Promise<StepHandler>;

/** A nested step on its way through the stages of its action. */
interface Nested {
  step: CompositeStep;
  handler: StepHandler;
  state: Record<string, string>;
  /** Its `pre` or main stage has started, so its `post` is due (SEM-17.5). */
  hasStarted: boolean;
}

export async function compositeHandler(
  action: LoadedAction,
  runs: CompositeRuns,
  step: { uses: string; inputs: TemplateToken },
  handlerOf: NestedHandler,
): Promise<StepHandler> {
  const nested: Nested[] = [];
  for (const inner of runs.steps)
    nested.push({ step: inner, handler: await handlerOf(inner), state: {}, hasStarted: false });
  const stage = (work: (outer: StepContext, frame: Frame) => Promise<boolean>) => (outer: StepContext) => {
    outer.asAction(action);
    const inputs = actionInputs(outer, action.manifest, step.inputs);
    return work(outer, { inputs, steps: {}, status: 'success' });
  };
  const handler: StepHandler = {
    run: stage(async (outer, frame) => {
      const given = outer.job.evaluateMapping(step.inputs, outer.scope(), 'with');
      warnOfUnknown(outer, action.manifest, given);
      printAction(outer, step.uses, given);
      for (const inner of nested) await runNested(outer, frame, inner);
      for (const { name, value } of runs.outputs) {
        const text = toText(evaluateTemplate(value, outer.job.scope({ env: outer.env, github: outer.github, frame })));
        if (text !== '') outer.setOutput(name, text);
      }
      return frame.status === 'success';
    }),
  };
  if (nested.some((inner) => inner.handler.pre)) {
    handler.pre = { condition: 'always()', run: stage((outer, frame) => runOutside(outer, frame, nested, 'pre')) };
  }
  return withPost(
    handler,
    nested,
    stage((outer, frame) => runOutside(outer, frame, [...nested].reverse(), 'post')),
  );
}

/** Whether there is anything to do afterwards shows only when the nested steps have run. */
function withPost(handler: StepHandler, nested: Nested[], run: OutsideRun['run']): StepHandler {
  Object.defineProperty(handler, 'post', {
    enumerable: true,
    get: (): OutsideRun | undefined =>
      nested.some((inner) => inner.hasStarted && inner.handler.post) ? { condition: 'always()', run } : undefined,
  });
  return handler;
}

/** The `pre` or `post` stages of the nested steps, whose conditions look at the job (SEM-17.11, 17.13). */
async function runOutside(outer: StepContext, frame: Frame, nested: Nested[], name: 'pre' | 'post'): Promise<boolean> {
  let succeeded = true;
  for (const inner of nested) {
    const stage = inner.handler[name];
    if (!stage || (name === 'post' && !inner.hasStarted)) continue;
    inner.hasStarted = true;
    const context = nestedContext(outer, frame, inner, outer.signal);
    const scope = outer.job.scope({ env: context.env, github: context.github, withStatus: true, withSecrets: false });
    if (!isTruthy(evaluateExpression(stage.condition, scope))) continue;
    if ((await attempt(context, stage.run)) === 'failure') succeeded = false;
  }
  return succeeded;
}

async function runNested(outer: StepContext, frame: Frame, inner: Nested): Promise<void> {
  const { step, handler } = inner;
  const stop = new AbortController();
  let outcome: Outcome;
  let conclusion: Outcome;
  let outputs: Record<string, string> = {};
  try {
    const context = nestedContext(outer, frame, inner, stop.signal);
    const isWanted = (): boolean => !isOver(outer) && holds(context, frame, step);
    const leave = followOuter(outer, stop, isWanted);
    if (isWanted()) {
      inner.hasStarted = true;
      outcome = await attempt(context, handler.run);
      conclusion = outcome === 'failure' && continues(context, frame, step) ? 'success' : outcome;
    } else {
      [outcome, conclusion] = ['skipped', 'skipped'];
      if (!isOver(outer)) outer.output.print(whySkipped(context, frame, step));
    }
    leave();
    outputs = context.outputs;
  } catch (error) {
    outer.output.error(errorText(error));
    [outcome, conclusion] = ['failure', 'failure'];
  }
  if (conclusion === 'failure' || conclusion === 'cancelled') frame.status = 'failure';
  if (step.id !== null) frame.steps[step.id] = { outputs, outcome, conclusion };
}

/** After a time-out or a shutdown nothing more is started; after a cancellation the conditions decide. */
const isOver = ({ signal }: StepContext): boolean => signal.aborted && (signal.reason as StopReason) !== 'cancelled';

/** SEM-28.2 for a nested step. @returns how to stop following */
function followOuter(outer: StepContext, stop: AbortController, isWanted: () => boolean): () => void {
  const onAbort = (): void => {
    if (!isWanted()) stop.abort(outer.signal.reason);
  };
  outer.signal.addEventListener('abort', onAbort);
  return () => outer.signal.removeEventListener('abort', onAbort);
}

function nestedContext(outer: StepContext, frame: Frame, { step, state }: Nested, signal: AbortSignal): StepContext {
  const scope = outer.job.scope({ env: outer.env, github: outer.github, frame });
  return new StepContext({
    job: outer.job,
    record: outer.record,
    output: outer.output,
    results: outer.results,
    env: { ...outer.env, ...outer.job.evaluateMapping(step.env, scope, 'env') },
    state,
    signal,
    frame,
    actionName: step.id ?? `__${usesText(step.reference).replace(/\W/g, '_')}`,
    github: { ...outer.github, action_status: frame.status },
  });
}

function holds(context: StepContext, frame: Frame, { condition }: CompositeStep): boolean {
  const scope = context.job.scope({ env: context.env, github: context.github, frame, withStatus: true });
  return isTruthy(evaluateExpression(condition, scope));
}

/** As the log of a skipped step says it; nested steps have no log of their own. */
function whySkipped({ job, env, github }: StepContext, frame: Frame, step: CompositeStep): string {
  const name = earlyStepName({ ...step, displayNameToken: step.name }, job.scope({ env, github, frame }));
  const scope = job.scope({ env, github, frame, withStatus: true });
  const troubles = frame.status === 'success' ? [] : ['an earlier step of the action failed'];
  const mask = (text: string): string => job.masks.apply(text);
  const values = referencedValues(step.condition, scope);
  return `${name}: ${describeSkip({ condition: step.condition, values, troubles, mask })}`;
}

function continues(context: StepContext, frame: Frame, { continueOnError }: CompositeStep): boolean {
  const value: Json = evaluateTemplate(
    continueOnError,
    context.job.scope({ env: context.env, github: context.github, frame }),
  );
  return value === true || value === 'true';
}

/** Runs one stage and what its files ask for. Never rejects. */
async function attempt(context: StepContext, run: OutsideRun['run']): Promise<Outcome> {
  let succeeded = false;
  try {
    succeeded = await run(context);
  } catch (error) {
    if (!context.signal.aborted) context.output.error(errorText(error));
  }
  const filesAreGood = await context.finish();
  if (context.signal.aborted) return context.signal.reason === 'cancelled' ? 'cancelled' : 'failure';
  return succeeded && filesAreGood ? 'success' : 'failure';
}
