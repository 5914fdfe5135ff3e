/** What ARC's controller adds to objects by its own settings: written into them here, where it belongs. Pure. */
import { parseGoDuration } from '../autoscaling/go-duration.ts';
import { type ArcObject, type Fields, isFields, type Note } from './types.ts';

export interface ControllerDefaults {
  /** `--default-scale-down-delay`, as Go writes durations. */
  scaleDownDelay?: string;
  /** `--common-runner-labels`. */
  labels?: string[];
  /** `--docker-registry-mirror`. */
  registryMirror?: string;
}

/** Of each setting the first that is given. */
export const mergedDefaults = (all: readonly ControllerDefaults[]): ControllerDefaults =>
  Object.assign({}, ...all.toReversed());

/** The object as the controller would have treated it, with a note for each field that is written. */
export function withDefaults(object: ArcObject, defaults: ControllerDefaults): { object: ArcObject; notes: Note[] } {
  if (!isFields(object.spec)) return { object, notes: [] };
  if (object.kind === 'HorizontalRunnerAutoscaler') return delayed(object, object.spec, defaults);
  const isFlat = object.kind === 'RunnerSet' || object.kind === 'Runner';
  if (isFlat) return labelled(object, object.spec, 'spec', (spec) => ({ ...object, spec }), defaults);
  const { template } = object.spec;
  if (!TEMPLATED.includes(object.kind) || !isFields(template) || !isFields(template.spec)) return { object, notes: [] };
  const { spec } = object;
  const put = (runner: Fields): ArcObject => ({
    ...object,
    spec: { ...spec, template: { ...template, spec: runner } },
  });
  return labelled(object, template.spec, 'spec.template.spec', put, defaults);
}

const TEMPLATED = ['RunnerDeployment', 'RunnerReplicaSet'];

function delayed(object: ArcObject, spec: Fields, { scaleDownDelay }: ControllerDefaults) {
  const ms = scaleDownDelay === undefined ? undefined : parseGoDuration(scaleDownDelay);
  if (ms === undefined || ms < 0 || spec.scaleDownDelaySecondsAfterScaleOut !== undefined) return { object, notes: [] };
  const seconds = Math.round(ms / 1_000);
  const field = 'spec.scaleDownDelaySecondsAfterScaleOut';
  const message = `written: ${seconds}, which the controller was told by --default-scale-down-delay`;
  const note: Note = { type: 'change', field, message };
  return { object: { ...object, spec: { ...spec, scaleDownDelaySecondsAfterScaleOut: seconds } }, notes: [note] };
}

function labelled(
  object: ArcObject,
  runner: Fields,
  path: string,
  put: (runner: Fields) => ArcObject,
  { labels = [], registryMirror }: ControllerDefaults,
): { object: ArcObject; notes: Note[] } {
  const own: unknown[] = Array.isArray(runner.labels) ? runner.labels : [];
  const added = labels.filter((label) => !own.includes(label));
  const isMirrored = registryMirror !== undefined && runner.dockerRegistryMirror === undefined;
  if (added.length === 0 && !isMirrored) return { object, notes: [] };
  const written = {
    ...runner,
    ...(added.length > 0 && { labels: [...own, ...added] }),
    ...(isMirrored && { dockerRegistryMirror: registryMirror }),
  };
  const notes: Note[] = [];
  if (added.length > 0) {
    const message = `written: ${added.join(', ')}, which the controller was told by --common-runner-labels`;
    notes.push({ type: 'change', field: `${path}.labels`, message });
  }
  if (isMirrored) {
    const message = 'written: what the controller was told by --docker-registry-mirror';
    notes.push({ type: 'change', field: `${path}.dockerRegistryMirror`, message });
  }
  return { object: put(written), notes };
}
