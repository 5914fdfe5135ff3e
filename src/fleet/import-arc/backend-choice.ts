/** The backend that imported runners are for: its annotation, its images, and what has no effect on it. Pure. */
import { BACKEND_ANNOTATION } from '../backends/annotation.ts';
import { planPod } from '../backends/docker/plan-pod.ts';
import { reviewForProcesses } from '../backends/process/review.ts';
import type { FieldWarning } from '../resources/kind.ts';
import type { RunnerSpec } from '../resources/runner-spec.ts';
import { type ArcObject, at, type Fields, isFields, type Note } from './types.ts';

/** Those that can tell without a fleet. */
const BACKENDS = ['process', 'docker'] as const;
export type BackendName = (typeof BACKENDS)[number];

export const isBackendName = (name: string): name is BackendName => BACKENDS.some((one) => one === name);

/** What of a spec has no effect, by backend. */
export type Reviews = Record<BackendName, (spec: RunnerSpec) => FieldWarning[]>;

/** Of the machine only control groups matter; the engine of `docker` is not asked. */
const REVIEWS: Reviews = {
  process: reviewForProcesses,
  docker: (spec) => planPod(spec, ANYWHERE).warnings,
};

/** Options differ by place, warnings about fields do not. */
const ANYWHERE = {
  owner: { fleet: 'imported', instance: 'imported' },
  serverUrl: 'https://github.com',
  image: 'runner',
  dockerImage: 'docker:dind',
  network: '',
  settings: {},
  socketGroup: () => undefined,
};

/** By the backend that the object names for its runners. One that is not known here is for the fleet to judge. */
export function reviewOf(
  object: ArcObject,
  { backend, reviews = REVIEWS }: { backend: BackendName; reviews?: Reviews },
): (spec: RunnerSpec) => FieldWarning[] {
  const template = at(object, 'spec', 'template');
  const name = String(at(template ?? object, 'metadata', 'annotations', BACKEND_ANNOTATION) ?? backend);
  return isBackendName(name) ? reviews[name] : () => [];
}

/** Marks the template, or the Runner itself, as one for this backend, unless it already names one. */
export function withBackend(object: ArcObject, name: BackendName): ArcObject {
  if (object.kind === 'Runner') return { ...object, metadata: annotated(object.metadata, name) };
  const { spec } = object;
  if (!isFields(spec) || !isFields(spec.template)) return object;
  const { metadata, ...template } = spec.template;
  const marked = annotated(isFields(metadata) ? metadata : {}, name);
  return { ...object, spec: { ...spec, template: { metadata: marked, ...template } } };
}

function annotated<T extends Fields>(metadata: T, name: BackendName): T {
  const annotations = isFields(metadata.annotations) ? metadata.annotations : {};
  return { ...metadata, annotations: { [BACKEND_ANNOTATION]: name, ...annotations } };
}

/** Names that charts and examples of ARC have by default, of whatever variant. */
const STOCK_IMAGE =
  /^(?:ghcr\.io\/actions\/actions-runner|(?:docker\.io\/)?summerwind\/actions-runner[-\w]*|ghcr\.io\/actions-runner-controller\/.*actions-runner[-\w]*)(?:[:@].*)?$/;
const OWN_IMAGE = 'must take its configuration from a file: build it FROM the image of deploy/runner/build.sh';
const STOCK_LEFT_OUT =
  'left out: the image of deploy/runner/build.sh takes its place, since runners are given no token';

/**
 * On `docker` ARC's own images are replaced by ours, and others have to be built on it. Elsewhere there are no images,
 * which the review tells.
 */
export function withImages(object: ArcObject, name: BackendName): { object: ArcObject; notes: Note[] } {
  const path = object.kind === 'Runner' ? ['spec'] : ['spec', 'template', 'spec'];
  const runner = at(object, ...path);
  if (name !== 'docker' || !isFields(runner)) return { object, notes: [] };
  const notes: Note[] = [];
  const shownPath = path.join('.');
  const own = withoutStock(runner, shownPath, notes);
  const containers = Array.isArray(own.containers)
    ? own.containers.map((container, index) =>
        at(container, 'name') === 'runner' && isFields(container)
          ? withoutStock(container, `${shownPath}.containers[${index}]`, notes)
          : container,
      )
    : undefined;
  return { object: placed(object, { ...own, ...(containers && { containers }) }), notes };
}

function withoutStock(holder: Fields, path: string, notes: Note[]): Fields {
  const { image, imagePullPolicy, ...rest } = holder;
  if (typeof image !== 'string') return holder;
  const field = `${path}.image`;
  if (STOCK_IMAGE.test(image)) {
    notes.push({ type: 'change', field, message: STOCK_LEFT_OUT });
    return rest;
  }
  notes.push({ type: 'missing', field, message: OWN_IMAGE });
  return holder;
}

function placed(object: ArcObject, runner: Fields): ArcObject {
  if (object.kind === 'Runner') return { ...object, spec: runner };
  const spec = object.spec as Fields;
  return { ...object, spec: { ...spec, template: { ...(spec.template as Fields), spec: runner } } };
}
