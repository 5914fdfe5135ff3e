/** How the metric TotalNumberOfQueuedAndInProgressWorkflowRuns counts, as annotations of its autoscaler say (D-4). Pure. */
import { type FieldCause, invalidValue } from '../resources/field-errors.ts';
import type { FieldWarning } from '../resources/kind.ts';

export interface CountingRules {
  /**
   * TOT-5: of a job's labels each but `self-hosted` must be among those that the target is given, in the same case. Else
   * jobs count as the server gives them to runners: without case, with what every runner of the backend has by itself.
   */
  isExact: boolean;
  /** TOT-4: a run without jobs counts as one job, as in ARC up to 0.27. */
  countsEmptyRuns: boolean;
}

export const MATCHING_ANNOTATION = 'switchyard/label-matching';
export const EMPTY_RUNS_ANNOTATION = 'switchyard/empty-runs';

/** The first of each is the default. */
const VALUES: Record<string, readonly [string, string]> = {
  [MATCHING_ANNOTATION]: ['as-server', 'exact-case'],
  [EMPTY_RUNS_ANNOTATION]: ['ignore', 'count'],
};

type Annotations = Record<string, string> | undefined;

export const countingRules = (annotations: Annotations): CountingRules => ({
  isExact: isOther(annotations, MATCHING_ANNOTATION),
  countsEmptyRuns: isOther(annotations, EMPTY_RUNS_ANNOTATION),
});

const isOther = (annotations: Annotations, name: string): boolean => annotations?.[name] === VALUES[name]?.[1];

export function annotationProblems(annotations: Annotations): FieldCause[] {
  return given(annotations).flatMap(([name, value, values]) =>
    values.includes(value) ? [] : [invalidValue(fieldOf(name), value, `must be ${values.join(' or ')}`)],
  );
}

/** @param counts whether the autoscaler has the metric */
export function annotationWarnings(annotations: Annotations, counts: boolean): FieldWarning[] {
  if (counts) return [];
  const message = 'has no effect without the metric TotalNumberOfQueuedAndInProgressWorkflowRuns';
  return given(annotations).map(([name]) => ({ field: fieldOf(name), message }));
}

function given(annotations: Annotations = {}): [name: string, value: string, values: readonly string[]][] {
  return Object.entries(VALUES).flatMap(([name, values]) => {
    const value = annotations[name];
    return value === undefined ? [] : [[name, value, values]];
  });
}

const fieldOf = (name: string): string => `metadata.annotations[${name}]`;
