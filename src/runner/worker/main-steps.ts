/** The main steps of a job: those of its message, and the wait that closes it where nothing else does (SEM-18.4). */
import { newGuid } from '../../common/ids.ts';
import type { BackgroundStepControl, JobStep, MessageStep } from '../../protocol/runner/job-message.ts';
import type { JobState } from './job-state.ts';
import { earlyStepName } from './step-name.ts';
import { StepRecord } from './step-record.ts';

export interface MainStep {
  /** Of a control step: what its stage needs. */
  step: JobStep;
  control: BackgroundStepControl | undefined;
  record: StepRecord;
}

/** @param firstNumber of their records */
export function mainSteps(job: JobState, firstNumber: number): MainStep[] {
  const { steps } = job.message;
  const all = [...steps, ...(hasUncovered(steps) ? [finalWait()] : [])];
  const scope = job.scope();
  const mains = all.map((each, index): MainStep => {
    const control = each.type === 'action' ? undefined : each;
    const step = each.type === 'action' ? each : stepOf(each);
    const name = job.masks.apply(earlyStepName(step, scope));
    return { step, control, record: new StepRecord(firstNumber + index, name, step.id) };
  });
  for (const main of mains) main.record.background = backgroundOf(main, mains);
  return mains;
}

function hasUncovered(steps: MessageStep[]): boolean {
  const covered = new Set<string>();
  for (const step of steps.toReversed()) {
    if (step.type === 'action' && step.background && !covered.has(step.contextName)) return true;
    if (step.type === 'action') continue;
    if (step.controlType === 'wait-all') return false;
    for (const id of step.stepIds ?? []) covered.add(id);
  }
  return false;
}

const finalWait = (): BackgroundStepControl => ({
  type: 'backgroundStepControl',
  id: newGuid(),
  name: '__implicit_wait_all',
  displayNameToken: 'Wait for all background steps',
  controlType: 'wait-all',
});

/** Control steps always run (SEM-18.2). */
function stepOf({ id, name, displayNameToken, continueOnError }: BackgroundStepControl): JobStep {
  return {
    ...{ type: 'action', id, name, contextName: name, enabled: true, condition: 'always()' },
    ...{
      displayNameToken: displayNameToken ?? name,
      continueOnError: continueOnError ?? false,
      timeoutInMinutes: null,
    },
    ...{ reference: { type: 'script' }, inputs: null, environment: null },
  };
}

function backgroundOf({ step, control }: MainStep, mains: MainStep[]): StepRecord['background'] {
  const group = control?.parallelGroupId ?? step.parallelGroupId;
  const grouped = group === undefined ? {} : { parallel_group_id: group };
  if (!control) return step.background ? { is_background: true, ...grouped } : {};
  const targets = mains.filter((main) =>
    control.stepIds ? control.stepIds.includes(main.step.contextName) : main.step.background,
  );
  // Without dashes, as the official runner names them.
  const ids = targets.map((target) => target.step.id.replaceAll('-', ''));
  return { background_control_type: control.controlType, background_control_step_ids: ids, ...grouped };
}
