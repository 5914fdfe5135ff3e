/** What becomes of ARC's YAML here: object by object, and as YAML that the fleet takes. Pure. */
import { admit, unhonouredFields, unknownContentFields } from '../resources/admission.ts';
import { InvalidObject } from '../resources/field-errors.ts';
import { kinds } from '../resources/index.ts';
import type { FieldWarning, Kind } from '../resources/kind.ts';
import { DEFAULT_NAMESPACE, groupVersion, pluralOf, type StoredObject } from '../resources/object.ts';
import { type BackendName, type Reviews, reviewOf, withBackend, withImages } from './backend-choice.ts';
import { changed, changesEverywhere } from './changes.ts';
import { cleaned } from './clean.ts';
import { type ControllerDefaults, mergedDefaults, withDefaults } from './controller-defaults.ts';
import { controllerPod } from './controller-pod.ts';
import { fromValues } from './helm-values.ts';
import { leftOut } from './left-out.ts';
import { missingReferences, type Reference, referencesOf, refersTo } from './references.ts';
import {
  type ArcImport,
  type ArcObject,
  type ArcSource,
  at,
  type Fields,
  type ImportedObject,
  isFields,
  type Note,
  namespaceOf,
  type Outcome,
} from './types.ts';

export interface ImportOptions {
  /** Where runners are to be started, of objects that name no backend. */
  backend: BackendName;
  /** Templates are marked for `backend`: it is not what the fleet starts by default. */
  marksBackend: boolean;
  /** Name that helm was given, for values. */
  release?: string;
  /** What has no effect on each backend; default what they say themselves. */
  reviews?: Reviews;
}

interface Context {
  all: ArcObject[];
  /** Those of `all` that have the shape of their kind, which warnings about others may rely on. */
  stored: StoredObject[];
  options: ImportOptions;
  /** What the controller that is left would have added. */
  defaults: ControllerDefaults;
}

/** An object on its way. */
interface Item {
  original: ArcObject;
  /** As it is to be applied, as far as that is known. */
  object: ArcObject;
  place: string;
  isLive: boolean;
  isLeftOut: boolean;
  notes: Note[];
}

/** Reports objects in the order in which they were found. */
export function importArc(sources: readonly ArcSource[], options: ImportOptions): ArcImport {
  const items = sources.flatMap((source) => itemsOf(source, options.release)).map(begun);
  const all = items.filter(({ isLeftOut }) => !isLeftOut).map(({ object }) => object);
  const defaults = mergedDefaults([
    ...items.flatMap(({ original }) => controllerPod(original)?.defaults ?? []),
    ...sources.flatMap(({ value }) => (isFields(value) ? (fromValues(value, options.release)?.defaults ?? []) : [])),
  ]);
  const context = { all, stored: all.filter(isAdmitted) as unknown as StoredObject[], options, defaults };
  const runners = items.map((item) => (item.isLeftOut || isPart(item.object) ? item : converted(item, context)));
  const references = runners.filter(isWritten).flatMap(({ object }) => referencesOf(object));
  const done = runners.map((item) => (isPart(item.object) ? part(item, references, context) : item));
  const output = done.filter(isWritten).map(({ object }) => object);
  return {
    objects: [...sources.flatMap((source) => documentReport(source, options.release)), ...done.map(report)],
    output: output.sort((a, b) => rank(a) - rank(b)),
    everywhere: changesEverywhere(output),
  };
}

/** What the objects of a document refer to. */
export const referencesIn = (value: unknown): Reference[] =>
  itemsOf({ value, placeOf: () => '' }, undefined).flatMap(({ original }) => referencesOf(original));

/** Secrets and ConfigMaps are imported only for those that refer to them. */
const isPart = ({ kind }: ArcObject): boolean => kind === 'Secret' || kind === 'ConfigMap';

const rank = (object: ArcObject): number => (isPart(object) ? 0 : object.kind === 'HorizontalRunnerAutoscaler' ? 2 : 1);

const isWritten = ({ isLeftOut, notes }: Item): boolean => !isLeftOut && worst(notes) !== 'refused';

/** Lists, as `kubectl get` prints them, are taken apart; of a chart's values comes what the chart would make. */
function itemsOf({ value, placeOf, isLive = false }: ArcSource, release: string | undefined): Item[] {
  if (!isFields(value)) return [];
  if (isList(value)) {
    return value.items.flatMap((item, index) => {
      const inItem = (field: string): string => placeOf(`items[${index}]${field && `.${field}`}`);
      return itemsOf({ value: item, placeOf: inItem, isLive }, release);
    });
  }
  const objects = isObject(value) ? [value] : (fromValues(value, release)?.objects ?? []);
  return objects.map((object) => ({
    original: object,
    object,
    place: placeOf(''),
    isLive,
    isLeftOut: false,
    notes: [],
  }));
}

const isList = (value: Fields): value is Fields & { items: unknown[] } =>
  Array.isArray(value.items) && String(value.kind).endsWith('List');

const isObject = (value: Fields): value is ArcObject =>
  typeof value.kind === 'string' &&
  typeof value.apiVersion === 'string' &&
  typeof at(value, 'metadata', 'name') === 'string';

/** What is told of a chart's values themselves, and of a document that is nothing known. */
function documentReport({ value, placeOf }: ArcSource, release: string | undefined): ImportedObject[] {
  if (isFields(value) && (isObject(value) || isList(value))) return [];
  const values = isFields(value) ? fromValues(value, release) : undefined;
  const unknown: Note = {
    type: 'wrong',
    field: '',
    message: 'is neither an object of Kubernetes nor the values of a chart of ARC',
  };
  const notes = values?.notes ?? [unknown];
  const name = values?.chart ?? 'document';
  return [{ kind: 'values', namespace: '', name, place: placeOf(''), outcome: worst(notes), notes }];
}

function begun(item: Item): Item {
  const reason = leftOut(item.original);
  const settings = controllerPod(item.original)?.notes ?? [];
  if (reason) return { ...item, isLeftOut: true, notes: [reason, ...settings] };
  return { ...item, object: cleaned(item.object) };
}

function converted(item: Item, context: Context): Item {
  const { all, options } = context;
  const completed = withDefaults(item.object, context.defaults);
  const change = changed(completed.object, all, item.isLive);
  const images = withImages(change.object, options.backend);
  const object = options.marksBackend ? withBackend(images.object, options.backend) : images.object;
  const missing = missingReferences(referencesOf(object), all);
  const problems = problemsOf(object, context);
  return {
    ...item,
    object,
    notes: [...item.notes, ...completed.notes, ...change.notes, ...images.notes, ...problems, ...missing],
  };
}

function part(item: Item, references: Reference[], context: Context): Item {
  const { object } = item;
  if (references.some((reference) => refersTo(reference, object))) {
    return { ...item, notes: problemsOf(object, context) };
  }
  const message = 'nothing that is imported refers to it';
  return { ...item, isLeftOut: true, notes: [{ type: 'change', field: '', message }] };
}

const kindOf = (object: ArcObject): Kind | undefined =>
  kinds.find((one) => one.kind === object.kind && groupVersion(one.group) === object.apiVersion);

function isAdmitted(object: ArcObject): boolean {
  const kind = kindOf(object);
  try {
    return kind !== undefined && admit(kind, object) !== undefined;
  } catch (error) {
    if (error instanceof InvalidObject) return false;
    throw error;
  }
}

/** What the fleet would say when the object is applied. */
function problemsOf(object: ArcObject, context: Context): Note[] {
  const kind = kindOf(object);
  if (!kind) {
    return [{ type: 'wrong', field: 'kind', message: `the fleet has no ${object.kind} of ${object.apiVersion}` }];
  }
  try {
    return warningsOf(kind, object, admit(kind, object).content, context);
  } catch (error) {
    if (!(error instanceof InvalidObject)) throw error;
    return error.causes.map(({ field, message }) => ({ type: 'wrong', field, message }));
  }
}

function warningsOf(kind: Kind, object: ArcObject, content: Fields, context: Context): Note[] {
  const list = (plural: string): StoredObject[] =>
    context.stored.filter(
      ({ kind: other, metadata }) =>
        pluralOf(other) === plural && (metadata.namespace ?? DEFAULT_NAMESPACE) === namespaceOf(object),
    );
  const own =
    kind.warnings?.(
      { name: object.metadata.name, spec: content.spec, annotations: object.metadata.annotations },
      list,
    ) ?? [];
  // Of an autoscaler they tell what ARC does no better; of others what is not done.
  const type = kind.kind === 'HorizontalRunnerAutoscaler' ? 'change' : 'lost';
  const noted = (kindOfNote: Note['type'], warnings: FieldWarning[]): Note[] =>
    warnings.map((warning) => ({ type: kindOfNote, ...warning }));
  return [
    ...unknownContentFields(kind, content).map((field): Note => ({ type: 'lost', field, message: 'unknown field' })),
    ...noted(type, own),
    ...noted('lost', unhonouredFields(kind, content.spec, reviewOf(object, context.options))),
  ];
}

function report({ original, place, isLeftOut, notes }: Item): ImportedObject {
  const { kind, metadata } = original;
  const outcome = isLeftOut && worst(notes) === 'changed' ? 'left out' : worst(notes);
  return { kind, namespace: namespaceOf(original), name: metadata.name, place, outcome, notes };
}

function worst(notes: Note[]): Outcome {
  const has = (...types: Note['type'][]): boolean => notes.some(({ type }) => types.includes(type));
  if (has('wrong')) return 'refused';
  if (has('lost', 'missing')) return 'loses';
  return has('change') ? 'changed' : 'carries over';
}
