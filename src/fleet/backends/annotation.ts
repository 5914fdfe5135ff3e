/** By which a runner, or the template that it is made from, says where it is to be started. */
import type { FieldWarning } from '../resources/kind.ts';
import type { RunnerSpec } from '../resources/runner-spec.ts';
import type { Backend } from './types.ts';

export const BACKEND_ANNOTATION = 'switchyard/backend';

export interface Annotated {
  metadata?: { annotations?: Record<string, string> };
}

/** The one of `backend` that this runner is for. @throws UserError `no-backend` */
export const backendOf = (backend: Backend, runner: Annotated): Backend => backend.choose?.(nameIn(runner)) ?? backend;

/** What a spec asks for in vain, by the backend that `object` names for its runners. @throws UserError `no-backend` */
export type Review = (spec: RunnerSpec, object: Applied) => FieldWarning[];

export interface Applied extends Annotated {
  spec?: unknown;
}

export const reviewBy =
  (backend: Backend): Review =>
  (spec, object) =>
    backendOf(backend, templateOf(object) ?? object).review(spec);

/** Runners get the annotations of their template, as pods do, not those of what keeps them. */
export function misplacedBackend(object: Applied): FieldWarning[] {
  const template = templateOf(object);
  if (!template || nameIn(object) === undefined || nameIn(template) !== undefined) return [];
  const message = 'has no effect here: runners get the annotations of spec.template.metadata';
  return [{ field: `metadata.annotations[${BACKEND_ANNOTATION}]`, message }];
}

const templateOf = ({ spec }: Applied): Annotated | undefined =>
  (spec as { template?: Annotated } | undefined)?.template;

const nameIn = ({ metadata }: Annotated): string | undefined => metadata?.annotations?.[BACKEND_ANNOTATION];
