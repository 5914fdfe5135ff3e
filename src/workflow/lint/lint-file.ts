/** A workflow file as the lint rules see it: the model, the token tree, and every expression with its place. */
import type { TemplateToken } from '../../protocol/runner/tokens.ts';
import type { Workflow, WorkflowJob, WorkflowSource } from '../model.ts';
import { Problems } from '../reader/problems.ts';
import { readTemplateTree } from '../reader/read-template.ts';
import { readWorkflow } from '../reader/read-workflow.ts';
import { type Reference, referencesOf } from '../references.ts';
import { type StepItem, stepItems } from '../step-items.ts';
import { walkTokens } from '../token-walk.ts';
import { isExpression, isObjectToken, literalText, member, type ObjectToken } from '../tokens.ts';
import type { SourcePlace } from './finding.ts';
import { SourceText } from './source-text.ts';

export interface LintFile {
  path: string;
  source: SourceText;
  workflow: Workflow;
  /** The whole file; `null` when it is no proper YAML, and then there are no expressions either. */
  root: TemplateToken;
  expressions: WrittenExpression[];
}

/** An expression where it is written. */
export interface WrittenExpression {
  /** Keys from the root: `jobs`, `build`, `steps`, `0`, `run`; of a step in `parallel` as if it stood there itself. */
  path: string[];
  token: ObjectToken;
  expression: string;
  references: Reference[];
  /** The job it is written in. */
  job: WorkflowJob | undefined;
  /** Index of the step it is written in, among `job.steps`. */
  step: number | undefined;
}

/** Never throws for what is in the file: that is in `workflow.errors`. */
export function readLintFile(source: WorkflowSource): LintFile {
  const workflow = readWorkflow(source);
  const tree = isReadable(workflow) ? readTemplateTree(source.path, source.text, new Problems(source.path)) : undefined;
  const root = tree?.sound ? tree.root : null;
  const text = new SourceText(source.text, root);
  return { path: source.path, source: text, workflow, root, expressions: expressionsIn(root, workflow) };
}

/** A file that is empty or too large has been refused before its tree was read. */
const isReadable = ({ triggers, jobs, errors }: Workflow): boolean =>
  triggers !== null || jobs.length > 0 || errors.every(({ line }) => line !== null);

function expressionsIn(root: TemplateToken, workflow: Workflow): WrittenExpression[] {
  const jobs = new Map(workflow.jobs.map((job) => [job.key, { job, steps: stepIndexes(root, job) }]));
  const found: WrittenExpression[] = [];
  for (const { path, token, isKey } of walkTokens(root)) {
    const expression = expressionOf(path, token, isKey);
    if (expression === undefined) continue;
    const [first, key = '', part, index] = path;
    const { job, steps } = (first === 'jobs' && jobs.get(key)) || {};
    const isGrouped = part === 'steps' && path[4] === 'parallel' && path.length > 6;
    const step = part === 'steps' ? steps?.get(isGrouped ? path.slice(3, 6).join('/') : `${index}`) : undefined;
    const own = isGrouped ? [...path.slice(0, 4), ...path.slice(6)] : path;
    found.push({ path: own, token, expression, references: referencesOf(expression), job, step });
  }
  return found;
}

/** Index among the job's steps by the path from `steps`. */
function stepIndexes(root: TemplateToken, job: WorkflowJob): Map<string, number> {
  return new Map(stepTokens(root, job).map(({ path }, index) => [path.join('/'), index]));
}

/** Where the steps of the job are written, in their order. */
export const stepTokens = (root: TemplateToken, { key }: WorkflowJob): StepItem[] =>
  stepItems(member(member(member(root, 'jobs'), key), 'steps'));

/** What the token holds as an expression: `if` is one also without `${{ }}` (SEM-9.3). */
function expressionOf(path: string[], token: ObjectToken, isKey: boolean): string | undefined {
  if (isExpression(token)) return token.expr;
  if (isKey || path.at(-1) !== 'if' || path[0] !== 'jobs') return undefined;
  const text = literalText(token)?.trim();
  return text && !text.includes('${{') ? text : undefined;
}

/** Where a reference stands in the file; the start of its value when its words are not found as written. */
export function placeOfReference(file: LintFile, { token }: WrittenExpression, reference: Reference): SourcePlace {
  return file.source.findInExpression(token, wordsOf(reference)) ?? placeOf(token);
}

/** `a.b`, `a['b']` and `a . b` alike. */
function wordsOf({ context, members }: Reference): string {
  const texts = members.map((member) => {
    if (member === null) return '\\s*\\[[^\\]]*\\]';
    if (member === '*') return '\\s*(?:\\.\\s*\\*|\\[\\s*\\*\\s*\\])';
    const name = member.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return `\\s*(?:\\.\\s*${name}(?![\\w-])|\\[\\s*'?${name}'?\\s*\\])`;
  });
  return `(?<![\\w.-])${context}${texts.join('')}`;
}

export function placeOf(token: TemplateToken | undefined): SourcePlace {
  const place = isObjectToken(token) ? token : undefined;
  return { line: place?.line ?? 1, column: place?.col ?? 1 };
}

/** Of the job's key in the file. */
export const placeOfJob = ({ key, line, column }: WorkflowJob): SourcePlace => ({
  line,
  column,
  endColumn: column + key.length,
});
