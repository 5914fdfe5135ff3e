/** GitHub's schema of workflow files, with the few corrections it needs. Reading it once is this folder's only I/O. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JSONObjectReader } from '@actions/workflow-parser/templates/json-object-reader';
import { TemplateSchema } from '@actions/workflow-parser/templates/schema/template-schema';
import { packageRoot } from '../../common/package.ts';

const FILE = 'workflow-v1.0.min.json';
/** The build copies it to `dist`; without a build it is the dependency's own file. */
const PLACES = [join('node_modules', '@actions', 'workflow-parser', 'dist', FILE), join('dist', FILE)];

interface Definitions {
  [name: string]: { context?: string[]; string?: object; mapping?: { properties?: object; [key: string]: unknown } };
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
  return TemplateSchema.load(new JSONObjectReader(undefined, JSON.stringify(schema)));
}

function correct(definitions: Definitions): void {
  // `on: repository_dispatch` as a string names another event there.
  definitions['repository-dispatch-string'] = { string: { constant: 'repository_dispatch' } };
  // SEM-1.7: unknown keys of a dispatch input are ignored.
  const input = definitions['workflow-dispatch-input']?.mapping;
  if (input) Object.assign(input, { 'loose-key-type': 'non-empty-string', 'loose-value-type': 'any' });
  // SEM-22.4: a step's shell takes the contexts of its other keys.
  const run = definitions['run-step']?.mapping?.properties;
  if (run) Object.assign(run, { shell: 'string-steps-context' });
}
