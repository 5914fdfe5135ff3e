/** GitHub's schema of workflow files, with the few corrections it needs. Reading it once is this folder's only I/O. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JSONObjectReader } from '@actions/workflow-parser/templates/json-object-reader';
import { MappingDefinition } from '@actions/workflow-parser/templates/schema/mapping-definition';
import { TemplateSchema } from '@actions/workflow-parser/templates/schema/template-schema';
import { packageRoot } from '../../common/package.ts';

const FILE = 'workflow-v1.0.min.json';
/** The build copies it to `dist`; without a build it is the dependency's own file. */
const PLACES = [join('node_modules', '@actions', 'workflow-parser', 'dist', FILE), join('dist', FILE)];

interface Definitions {
  [name: string]: {
    context?: string[];
    string?: object;
    'one-of'?: string[];
    mapping?: { properties?: object; [key: string]: unknown };
  };
}

let loaded: TemplateSchema | undefined;

export function workflowSchema(): TemplateSchema {
  loaded ??= load();
  return loaded;
}

function load(): TemplateSchema {
  const path = PLACES.map((place) => join(packageRoot, place)).find(existsSync);
  if (!path) throw new Error(`${FILE} is neither in dist nor in node_modules`);
  const schema: { definitions: Definitions } = JSON.parse(readFileSync(path, 'utf8'));
  correct(schema.definitions);
  const templates = TemplateSchema.load(new JSONObjectReader(undefined, JSON.stringify(schema)));
  for (const definition of Object.values(templates.definitions)) {
    // A key such as `constructor` is unknown, although every object of JavaScript has it.
    if (definition instanceof MappingDefinition) Object.setPrototypeOf(definition.properties, null);
  }
  return templates;
}

function correct(definitions: Definitions): void {
  // `on: repository_dispatch` as a string names another event there.
  definitions['repository-dispatch-string'] = { string: { constant: 'repository_dispatch' } };
  // SEM-1.7: what is unknown in a dispatch is ignored, and what has no value is as if it were not there.
  const loose = { 'loose-key-type': 'non-empty-string', 'loose-value-type': 'any' };
  Object.assign(definitions['workflow-dispatch-mapping']?.mapping ?? {}, loose, {
    properties: { inputs: 'dispatch-inputs-or-null' },
  });
  Object.assign(definitions['workflow-dispatch-inputs']?.mapping ?? {}, {
    'loose-value-type': 'dispatch-input-or-null',
  });
  Object.assign(definitions['workflow-dispatch-input']?.mapping ?? {}, loose);
  // Files that run on GitHub have types of their own invention there; the reader warns of them.
  const input = definitions['workflow-dispatch-input']?.mapping?.properties ?? {};
  Object.assign(input, { type: { type: 'string' } });
  // As such files have `paths` here.
  const group = definitions['merge-group-mapping']?.mapping?.properties ?? {};
  Object.assign(group, { paths: 'event-paths', 'paths-ignore': 'event-paths-ignore' });
  definitions['dispatch-inputs-or-null'] = { 'one-of': ['null', 'workflow-dispatch-inputs'] };
  definitions['dispatch-input-or-null'] = { 'one-of': ['null', 'workflow-dispatch-input'] };
  // SEM-22.4: a step's shell takes the contexts of its other keys, and there are no steps when a container starts.
  Object.assign(definitions['run-step']?.mapping?.properties ?? {}, { shell: 'string-steps-context' });
  const container = definitions['string-runner-context']?.context?.filter((name) => name !== 'steps') ?? [];
  definitions['string-container-context'] = { context: container, string: {} };
  Object.assign(definitions['container-env']?.mapping ?? {}, { 'loose-value-type': 'string-container-context' });
}
