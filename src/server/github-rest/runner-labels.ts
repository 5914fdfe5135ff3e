import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { labelsOf, type StoredLabel } from '../../store/runners.ts';
import type { ServerContext } from '../context.ts';
import { notFoundOnGitHub } from './errors.ts';
import { labelObjects, runnerOfRequest } from './runner-object.ts';
import { runnerNeeds, SCOPES } from './runner-scopes.ts';

/** As many as a runner can register with. */
const MAX_LABELS = 100;

const Label = z.string().trim().min(1).max(256);
const NewLabels = z.looseObject({ labels: z.array(Label).min(1).max(MAX_LABELS) });
const AllLabels = z.looseObject({ labels: z.array(Label).max(MAX_LABELS) });
const LabelParams = z.object({ name: z.string() });

/**
 * Labels of a runner (https://docs.github.com/rest/actions/self-hosted-runners). Those that it gave itself as a machine
 * stay, whoever asks (SEM-13.3).
 */
export function runnerLabelRoutes(app: FastifyInstance, context: ServerContext): void {
  const edit = (change: (labels: StoredLabel[], request: FastifyRequest) => StoredLabel[]) => {
    return async (request: FastifyRequest) => {
      const { id } = await runnerOfRequest(context, request);
      return page(await context.engine.registrations.changeLabels(id, (labels) => change(labels, request)));
    };
  };
  for (const prefix of SCOPES) {
    const base = `${prefix}/actions/runners/:id/labels`;
    const write = runnerNeeds(prefix, 'write');
    app.get(base, runnerNeeds(prefix, 'read'), async (request) =>
      page(labelsOf(await runnerOfRequest(context, request))),
    );
    app.post(
      base,
      write,
      edit((labels, { body }) => withAdded(labels, NewLabels.parse(body).labels)),
    );
    app.put(
      base,
      write,
      edit((labels, { body }) => withAdded(labels.filter(isReadOnly), AllLabels.parse(body).labels)),
    );
    app.delete(
      base,
      write,
      edit((labels) => labels.filter(isReadOnly)),
    );
    app.delete(
      `${base}/:name`,
      write,
      edit((labels, { params }) => without(labels, LabelParams.parse(params).name)),
    );
  }
}

const page = (labels: StoredLabel[]) => ({ total_count: labels.length, labels: labelObjects(labels) });

const isReadOnly = ({ type }: StoredLabel): boolean => type === 'read-only';
const isNamed = (label: StoredLabel, name: string): boolean => label.name.toLowerCase() === name.toLowerCase();

/** What it has already stays as it is. @throws UserError 422 for more labels than a runner can have */
function withAdded(labels: StoredLabel[], names: string[]): StoredLabel[] {
  const all = [...labels];
  for (const name of names) if (!all.some((label) => isNamed(label, name))) all.push({ name, type: 'custom' });
  if (all.length <= MAX_LABELS) return all;
  throw new UserError('too-many-labels', `Validation Failed: a runner has at most ${MAX_LABELS} labels.`);
}

/** @throws UserError 404 for a label that it has not, 422 for one that is read-only */
function without(labels: StoredLabel[], name: string): StoredLabel[] {
  const label = labels.find((one) => isNamed(one, name));
  if (!label) throw notFoundOnGitHub();
  if (!isReadOnly(label)) return labels.filter((one) => one !== label);
  throw new UserError('read-only-label', `Validation Failed: the label ${label.name} is read-only.`, {
    hint: 'It says what the machine is; the runner gave it itself when it was registered.',
  });
}
