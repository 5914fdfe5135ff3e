/** Text to a checked token tree, by GitHub's template reader and schema. */
import { type TemplateContext, TemplateValidationErrors } from '@actions/workflow-parser/templates/template-context';
import { readTemplate } from '@actions/workflow-parser/templates/template-reader';
import {
  BasicExpressionToken,
  type TemplateToken as LibraryToken,
  LiteralToken,
  MappingToken,
  SequenceToken,
} from '@actions/workflow-parser/templates/tokens/index';
import { NoOperationTraceWriter } from '@actions/workflow-parser/templates/trace-writer';
import { type TemplateToken, TokenType } from '../../protocol/runner/tokens.ts';
import { MAX_EXPRESSION_LENGTH } from '../expressions/index.ts';
import { EventReader } from './event-reader.ts';
import { LocatingContext } from './locating-context.ts';
import type { Place, Problems } from './problems.ts';
import { workflowSchema } from './schema.ts';
import { type MultiLineScalar, readYaml } from './yaml-events.ts';

export interface TemplateTree {
  root: TemplateToken;
  /** Expressions that were written as text around `${{ }}`. */
  mixed: Set<TemplateToken>;
  /** The text is proper YAML; otherwise further complaints would only hide the cause. */
  sound: boolean;
}

const MAX_ERRORS = 10;

/**
 * Reads as much as can be read and reports everything wrong. The strict root also checks event names and filters (SEM-1.7).
 * @returns `undefined` when there is no tree at all
 */
export function readTemplateTree(path: string, text: string, problems: Problems): TemplateTree | undefined {
  const context = new LocatingContext(
    new TemplateValidationErrors(MAX_ERRORS),
    workflowSchema(),
    new NoOperationTraceWriter(),
  );
  const fileId = context.getFileId(path);
  const yaml = readYaml(text, fileId);
  for (const { message, line, column } of yaml.problems) {
    problems.add(message, { line: line ?? undefined, col: column ?? undefined });
  }
  if (yaml.events.length === 0) return undefined;
  const root = readTemplate(context, 'workflow-root-strict', new EventReader(yaml.events), fileId);
  const sound = yaml.problems.length === 0;
  if (sound) reportErrors(context, yaml.scalars, problems);
  const mixed = new Set<TemplateToken>();
  return root ? { root: convert(root, mixed, problems), mixed, sound } : undefined;
}

function reportErrors(context: TemplateContext, scalars: MultiLineScalar[], problems: Problems): void {
  for (const { rawMessage, range } of context.errors.getErrors()) {
    problems.add(rawMessage, range && corrected({ line: range.start.line, col: range.start.column }, scalars));
  }
}

/** The template reader counts inside a multi-line scalar's value, which has lost its indentation, or its line breaks. */
function corrected(place: Required<Place>, scalars: MultiLineScalar[]): Place {
  const { line, col } = place;
  const scalar = scalars.find(({ range: { start, end } }) => line > start.line && line <= end.line);
  if (!scalar) return place;
  const { start } = scalar.range;
  return scalar.indent === null ? { line: start.line, col: start.column } : { line, col: col + scalar.indent };
}

function convert(token: LibraryToken, mixed: Set<TemplateToken>, problems: Problems): TemplateToken {
  const place = { line: token.line, col: token.col };
  if (token instanceof SequenceToken) {
    return { type: TokenType.sequence, seq: [...token].map((item) => convert(item, mixed, problems)), ...place };
  }
  if (token instanceof MappingToken) {
    const map = [...token].map(({ key, value }) => ({
      Key: convert(key, mixed, problems),
      Value: convert(value, mixed, problems),
    }));
    return { type: TokenType.mapping, map, ...place };
  }
  if (token instanceof BasicExpressionToken) {
    const converted: TemplateToken = { type: TokenType.expression, expr: token.expression, ...place };
    if (token.originalExpressions) mixed.add(converted);
    if (token.expression.length > MAX_EXPRESSION_LENGTH) {
      problems.add(`Exceeded max expression length ${MAX_EXPRESSION_LENGTH}`, place);
    }
    return converted;
  }
  return token instanceof LiteralToken ? convertLiteral(token, place) : { type: TokenType.insert, ...place };
}

function convertLiteral(token: LiteralToken, place: Place): TemplateToken {
  const value: unknown = 'value' in token ? token.value : null;
  if (typeof value === 'string') return { type: TokenType.string, lit: value, ...place };
  if (typeof value === 'number') return { type: TokenType.number, num: value, ...place };
  return typeof value === 'boolean'
    ? { type: TokenType.boolean, bool: value, ...place }
    : { type: TokenType.null, ...place };
}
