/** Text to a checked token tree, by GitHub's template reader and schema. */
import { FeatureFlags } from '@actions/expressions/features';
import { type TemplateContext, TemplateValidationErrors } from '@actions/workflow-parser/templates/template-context';
import { readTemplate } from '@actions/workflow-parser/templates/template-reader';
import {
  BasicExpressionToken,
  type TemplateToken as LibraryToken,
  LiteralToken,
  MappingToken,
  SequenceToken,
} from '@actions/workflow-parser/templates/tokens/index';
import type { TokenRange } from '@actions/workflow-parser/templates/tokens/token-range';
import { NoOperationTraceWriter } from '@actions/workflow-parser/templates/trace-writer';
import { type TemplateToken, TokenType } from '../../protocol/runner/tokens.ts';
import { MAX_EXPRESSION_LENGTH } from '../expressions/index.ts';
import { EventReader } from './event-reader.ts';
import { FILE_LIMITS } from './limits.ts';
import { LocatingContext } from './locating-context.ts';
import { MAX_PROBLEMS, type Place, type Problems } from './problems.ts';
import { workflowSchema } from './schema.ts';
import { type Block, readYaml, startOf } from './yaml-events.ts';

export interface TemplateTree {
  root: TemplateToken;
  /** Expressions that were written as text around `${{ }}`. */
  mixed: Set<TemplateToken>;
  /** The text is proper YAML; otherwise further complaints would only hide the cause. */
  sound: boolean;
}

/**
 * Reads as much as can be read and reports everything wrong. The strict root also checks event names and filters (SEM-1.7).
 * @returns `undefined` when there is no tree at all
 * @throws LimitExceeded
 */
export function readTemplateTree(
  path: string,
  text: string,
  problems: Problems,
  limits = FILE_LIMITS,
): TemplateTree | undefined {
  const context = new LocatingContext(
    new TemplateValidationErrors(MAX_PROBLEMS),
    workflowSchema(),
    new NoOperationTraceWriter(),
  );
  // SEM-18: the reader knows their keys, but refuses them otherwise.
  context.state.featureFlags = new FeatureFlags({ allowBackgroundSteps: true });
  const fileId = context.getFileId(path);
  const yaml = readYaml(text, fileId, limits);
  for (const { message, place } of yaml.problems) problems.add(message, place);
  for (const place of yaml.tooLong) problems.add(TOO_LONG, place);
  if (yaml.events.length === 0) return undefined;
  const root = readTemplate(context, 'workflow-root-strict', new EventReader(yaml.events), fileId);
  const sound = yaml.problems.length === 0;
  if (sound) reportErrors(context, yaml.blocks, problems);
  const mixed = new Set<TemplateToken>();
  return root ? { root: convert(root, mixed, problems), mixed, sound } : undefined;
}

const TOO_LONG = `Exceeded max expression length ${MAX_EXPRESSION_LENGTH}`;

function reportErrors(context: TemplateContext, blocks: ReadonlyMap<number, Block>, problems: Problems): void {
  for (const { rawMessage, range } of context.errors.getErrors()) {
    const block = range && blocks.get(range.start.line);
    // The range of the block itself is that of an error of the whole value.
    const isInside = block && range !== block.range && range.start.column >= block.range.start.column;
    problems.add(rawMessage, isInside ? placeInBlock(range, block) : range && startOf(range));
  }
}

/** The template reader has counted columns on through all lines of the value, which has lost its indentation. */
function placeInBlock({ start }: TokenRange, { range, value, source }: Block): Place {
  if (source === null) return startOf(range);
  const before = value.slice(0, start.column - range.start.column).split('\n');
  const column = blanksBefore(source) - blanksBefore(value) + (before.at(-1)?.length ?? 0) + 1;
  return { line: range.start.line + before.length, col: column };
}

/** Before the first character that is none. */
const blanksBefore = (text: string): number => /^ */.exec(text.replace(/^\s*\n/, ''))?.[0].length ?? 0;

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
      problems.add(TOO_LONG, place);
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
