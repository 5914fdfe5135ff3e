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

const TEMPLATED = ['RunnerDeployment', 'RunnerReplicaSet', 'RunnerSet', 'AutoscalingRunnerSet'];

/** Marks the template, or the Runner itself, as one for this backend, unless it already names one. */
export function withBackend(object: ArcObject, name: BackendName): ArcObject {
  if (object.kind === 'Runner') return { ...object, metadata: annotated(object.metadata, name) };
  if (!TEMPLATED.includes(object.kind)) return object;
  const { spec } = object;
  if (!isFields(spec)) return object;
  // A RunnerSet may do without a template.
  const { metadata, ...template } = isFields(spec.template) ? spec.template : {};
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
const OWN_IMAGE: Omit<Note, 'field'> = {
  type: 'missing',
  message: 'must take its configuration from a file: build it FROM the image of deploy/runner/build.sh',
};
const STOCK_LEFT_OUT: Omit<Note, 'field'> = {
  type: 'change',
  message: 'left out: the image of deploy/runner/build.sh takes its place, since runners are given no token',
};

/**
 * On `docker` ARC's own images are replaced by ours, and others have to be built on it. Elsewhere there are no images,
 * which the review tells.
 */
export function withImages(object: ArcObject, name: BackendName): { object: ArcObject; notes: Note[] } {
  const notes: Note[] = [];
  if (name !== 'docker' || !isFields(object.spec)) return { object, notes };
  // In a RunnerSet fields of the runner lie in the spec, and containers in its template; in others either all or nothing.
  const spec = withoutStock(object.spec, 'spec', notes);
  const { template } = spec;
  if (!isFields(template) || !isFields(template.spec)) return { object: { ...object, spec }, notes };
  const runner = withoutStock(template.spec, 'spec.template.spec', notes);
  return { object: { ...object, spec: { ...spec, template: { ...template, spec: runner } } }, notes };
}

/** @param holder of fields of a runner: its own image, and that of its container */
function withoutStock(holder: Fields, path: string, notes: Note[]): Fields {
  const own = withoutStockImage(holder, path, notes);
  if (!Array.isArray(own.containers)) return own;
  const containers = own.containers.map((container, index) =>
    isFields(container) && container.name === 'runner'
      ? withoutStockImage(container, `${path}.containers[${index}]`, notes)
      : container,
  );
  return { ...own, containers };
}

function withoutStockImage(holder: Fields, path: string, notes: Note[]): Fields {
  const { image, imagePullPolicy: _pull, ...rest } = holder;
  if (typeof image !== 'string') return holder;
  const isStock = STOCK_IMAGE.test(image);
  notes.push({ ...(isStock ? STOCK_LEFT_OUT : OWN_IMAGE), field: `${path}.image` });
  return isStock ? rest : holder;
}
