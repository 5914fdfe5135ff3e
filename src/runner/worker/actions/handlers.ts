/** What runs a step: a script, the runner's own checkout, or an action. */
import type { StepReference } from '../../../protocol/runner/job-message.ts';
import type { TemplateToken } from '../../../protocol/runner/tokens.ts';
import { checkoutHandler } from '../checkout.ts';
import { runHandler } from '../run-handler.ts';
import type { OutsideRun, StepContext, StepHandler } from '../step-context.ts';
import { type ActionStore, type LoadedAction, MAX_DEPTH, tooDeep } from './action-store.ts';
import { isBuiltIn } from './built-in.ts';
import { usesText } from './references.ts';

/** A step of the job or of a composite action. */
export interface RunnableStep {
  reference: StepReference;
  inputs: TemplateToken;
}

/**
 * @param depth how many composites the step lies in
 * @throws UserError for an action that cannot be run
 */
export async function handlerOf(step: RunnableStep, store: ActionStore, depth = 0): Promise<StepHandler> {
  const { reference } = step;
  if (depth >= MAX_DEPTH) throw tooDeep(usesText(reference));
  store.countStep();
  if (reference.type === 'script') return runHandler(step);
  if (isBuiltIn(reference)) return checkoutHandler(step);
  if (reference.type === 'containerRegistry') {
    const { dockerHandler, imageAction } = await import('../containers/docker-action.ts');
    return dockerHandler(imageAction(usesText(reference), step, reference.image), store.job);
  }
  if (reference.repositoryType === 'self') return localHandler(step, reference, store, depth);
  return actionHandler(await store.load(reference), step, store, depth);
}

async function actionHandler(
  action: LoadedAction,
  step: RunnableStep,
  store: ActionStore,
  depth: number,
): Promise<StepHandler> {
  const { runs } = action.manifest;
  const named = { uses: usesText(step.reference), inputs: step.inputs };
  switch (runs.using) {
    case 'node': {
      const { javaScriptHandler } = await import('./javascript.ts');
      return javaScriptHandler(action, runs, named);
    }
    case 'composite': {
      const { compositeHandler } = await import('./composite.ts');
      return compositeHandler(action, runs, named, (inner) => handlerOf(inner, store, depth + 1));
    }
    case 'docker': {
      const { dockerHandler } = await import('../containers/docker-action.ts');
      return dockerHandler({ ...named, action, runs }, store.job);
    }
  }
}

/** An action of the workspace exists only once an earlier step has put it there. */
function localHandler(
  step: RunnableStep,
  reference: Extract<StepReference, { repositoryType: 'self' }>,
  store: ActionStore,
  depth: number,
): StepHandler {
  let inner: StepHandler | undefined;
  return {
    async run(context: StepContext) {
      const action = await store.load(reference);
      // Its own actions could not be known before.
      const { runs } = action.manifest;
      if (runs.using === 'composite') {
        const nested = runs.steps.map((each) => each.reference);
        await store.prepare(nested, context.output, context.signal);
      }
      inner = await actionHandler(action, step, store, depth);
      // SEM-17.5
      if (inner.pre)
        context.output.warning(`\`pre\` execution is not supported for local action from '${reference.path}'`);
      return inner.run(context);
    },
    get post(): OutsideRun | undefined {
      return inner?.post;
    },
  };
}
