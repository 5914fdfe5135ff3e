/** `action.yml`: what an action is and takes (SEM-17.2, 17.7, 17.9). */
import { Lexer, parseDocument } from 'yaml';
import { errorText, UserError } from '../../../common/errors.ts';
import { YamlGuard } from '../../../common/yaml-guard.ts';
import type { StepReference } from '../../../protocol/runner/job-message.ts';
import { type Json, type TemplateToken, TokenType } from '../../../protocol/runner/tokens.ts';
import { compileCondition, isObject, textToken, toText } from '../../../workflow/expressions/index.ts';
import { parseUses } from './references.ts';

export interface ActionManifest {
  name: string;
  inputs: ActionInput[];
  runs: JavaScriptRuns | DockerRuns | CompositeRuns;
}

export interface ActionInput {
  name: string;
  /** May hold expressions; null: none. */
  default: TemplateToken;
  deprecationMessage: string | null;
}

/** A stage before or after the main one, with the condition that it runs under. */
export interface OutsideStage {
  /** File of a JavaScript action, entry point of a Docker one. */
  program: string;
  condition: string;
}

export interface JavaScriptRuns {
  using: 'node';
  /** As written: `node20`. */
  version: string;
  main: string;
  pre: OutsideStage | null;
  post: OutsideStage | null;
}

export interface DockerRuns {
  using: 'docker';
  /** Path of a Dockerfile in the action, or `docker://image`. */
  image: string;
  entrypoint: string | null;
  /** Null: the `args` input of the step counts. */
  args: TemplateToken[] | null;
  env: TemplateToken;
  pre: OutsideStage | null;
  post: OutsideStage | null;
}

export interface CompositeRuns {
  using: 'composite';
  steps: CompositeStep[];
  outputs: { name: string; value: TemplateToken }[];
}

export interface CompositeStep {
  /** Key in the action's own `steps`; null: generated, and without outputs. */
  id: string | null;
  name: TemplateToken;
  condition: string;
  reference: StepReference;
  /** `script`, `shell`, `workingDirectory` of a `run` step, `with` of another. */
  inputs: TemplateToken;
  env: TemplateToken;
  continueOnError: TemplateToken;
}

interface Origin {
  /** `owner/name` */
  name: string;
  ref: string;
}

const MAX_BYTES = 1024 * 1024;
const MAX_ALIASES = 100;

/**
 * @param file path for people
 * @param origin repository and ref that it comes from: what `$/` stands for in its steps
 * @throws UserError `bad-action` that says what is wrong and where
 */
export function readManifest(file: string, text: string, origin?: Origin): ActionManifest {
  if (Buffer.byteLength(text) > MAX_BYTES) throw bad(file, 'is larger than 1 MiB');
  try {
    const root = parse(text);
    if (!isRecord(root)) throw new Error('must be a mapping');
    if (!isRecord(root.runs)) throw new Error('needs the key "runs"');
    return {
      name: textOf(root.name) || file,
      inputs: readInputs(root.inputs),
      runs: readRuns(root.runs, root.outputs, origin),
    };
  } catch (error) {
    throw bad(file, errorText(error));
  }
}

function parse(text: string): unknown {
  const guard = new YamlGuard();
  for (const lexeme of new Lexer().lex(text)) {
    guard.add(lexeme);
    if (guard.isTooDeep) throw new Error('is nested too deeply');
  }
  const document = parseDocument(text, { uniqueKeys: true, version: '1.2' });
  const [problem] = document.errors;
  if (problem) throw new Error(`is not YAML: ${problem.message.split('\n', 1)[0]}`);
  return document.toJS({ maxAliasCount: MAX_ALIASES });
}

const bad = (file: string, what: string): UserError => new UserError('bad-action', `${file}: ${what}.`);

type Mapping = Record<string, Json>;

const isRecord = (value: unknown): value is Mapping => isObject((value ?? null) as Json);

const textOf = (value: Json | undefined): string => (value === undefined || isStructure(value) ? '' : toText(value));

const isStructure = (value: Json): boolean => typeof value === 'object' && value !== null;

function readInputs(inputs: Json | undefined): ActionInput[] {
  return Object.entries(isRecord(inputs) ? inputs : {}).map(([name, body]) => {
    const input = isRecord(body) ? body : {};
    return {
      name,
      default: input.default === undefined || input.default === null ? null : textToken(textOf(input.default)),
      deprecationMessage: textOf(input.deprecationMessage) || null,
    };
  });
}

function readRuns(runs: Mapping, outputs: Json | undefined, origin?: Origin): ActionManifest['runs'] {
  const using = textOf(runs.using).toLowerCase();
  if (using === 'composite') {
    return { using, steps: readSteps(runs.steps, origin), outputs: readOutputs(outputs) };
  }
  if (using === 'docker') return readDocker(runs);
  if (/^node\d+$/.test(using)) return readJavaScript(using, runs);
  throw new Error(
    using === ''
      ? '"runs.using" is missing'
      : `"runs.using" is "${using}", which is not node20, node24, docker or composite`,
  );
}

function readJavaScript(version: string, runs: Mapping): JavaScriptRuns {
  const main = textOf(runs.main);
  if (main === '') throw new Error('"runs.main" is missing');
  return { using: 'node', version, main, pre: outside(runs, 'pre', 'pre'), post: outside(runs, 'post', 'post') };
}

function readDocker(runs: Mapping): DockerRuns {
  const image = textOf(runs.image);
  if (image === '') throw new Error('"runs.image" is missing');
  return {
    using: 'docker',
    image,
    entrypoint: textOf(runs.entrypoint) || null,
    args: Array.isArray(runs.args) ? runs.args.map((argument) => textToken(textOf(argument))) : null,
    env: mappingToken(runs.env),
    pre: outside(runs, 'pre-entrypoint', 'pre'),
    post: outside(runs, 'post-entrypoint', 'post'),
  };
}

function outside(runs: Mapping, key: string, name: 'pre' | 'post'): OutsideStage | null {
  const program = textOf(runs[key]);
  if (program === '') return null;
  const condition = textOf(runs[`${name}-if`]);
  // SEM-17.5: unlike a step's, the default is to run whatever happened.
  return { program, condition: condition === '' ? 'always()' : compileCondition(condition) };
}

function readOutputs(outputs: Json | undefined): CompositeRuns['outputs'] {
  return Object.entries(isRecord(outputs) ? outputs : {}).map(([name, body]) => ({
    name,
    value: textToken(textOf(isRecord(body) ? body.value : null)),
  }));
}

const STEP_KEYS = 'id name if run uses with env shell working-directory continue-on-error'.split(' ');

function readSteps(steps: Json | undefined, origin?: Origin): CompositeStep[] {
  if (!Array.isArray(steps)) throw new Error('"runs.steps" must be a list');
  const ids = new Set<string>();
  return steps.map((step, index) => {
    const place = `step ${index + 1}`;
    if (!isRecord(step)) throw new Error(`${place} must be a mapping`);
    const unknown = Object.keys(step).find((key) => !STEP_KEYS.includes(key));
    if (unknown !== undefined)
      throw new Error(`${place} has the key "${unknown}", which a composite action cannot have`);
    const id = textOf(step.id) || null;
    if (id !== null && ids.has(id.toLowerCase())) throw new Error(`the id "${id}" is used twice`);
    if (id !== null) ids.add(id.toLowerCase());
    return {
      id,
      name: textToken(textOf(step.name)),
      condition: compileCondition(textOf(step.if)),
      env: mappingToken(step.env),
      continueOnError:
        typeof step['continue-on-error'] === 'boolean'
          ? step['continue-on-error']
          : textToken(textOf(step['continue-on-error'])),
      ...whatItRuns(step, place, origin),
    };
  });
}

function whatItRuns(step: Mapping, place: string, origin?: Origin): Pick<CompositeStep, 'reference' | 'inputs'> {
  const uses = textOf(step.uses);
  if ((uses === '') === (step.run === undefined)) throw new Error(`${place} needs either "run" or "uses"`);
  if (uses !== '') return { reference: parseUses(uses, origin), inputs: mappingToken(step.with) };
  // SEM-17.9: there is no default for it.
  if (textOf(step.shell) === '') throw new Error(`${place} needs "shell", as every "run" in a composite action`);
  const parts: [string, Json | undefined][] = [
    ['script', step.run],
    ['shell', step.shell],
    ['workingDirectory', step['working-directory']],
  ];
  return { reference: { type: 'script' }, inputs: mapping(parts.filter(([, value]) => value !== undefined)) };
}

const mappingToken = (value: Json | undefined): TemplateToken =>
  isRecord(value) ? mapping(Object.entries(value)) : null;

function mapping(entries: [string, Json | undefined][]): TemplateToken {
  const map = entries.map(([key, value]) => ({ Key: textToken(key), Value: textToken(textOf(value ?? null)) }));
  return { type: TokenType.mapping, map };
}
