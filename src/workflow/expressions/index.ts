/**
 * GitHub's expression language and template evaluation (SEM-20, SEM-21). Light: server and runner process both load it,
 * so it knows nothing of workflow files.
 */
import type { Json } from '../../protocol/runner/tokens.ts';

export type Value = Json;
export { compileCondition, type Reference, referencedValues } from './condition.ts';
export { ExpressionError, type TokenPosition } from './error.ts';
export { evaluateExpression, parseInScope } from './evaluate.ts';
export { MAX_EXPRESSION_LENGTH, parserErrorText } from './parse.ts';
export type { Scope, StatusFunctions } from './scope.ts';
export { describeSkip, type Skip } from './skip.ts';
export { evaluateTemplate } from './template.ts';
export { type CompiledText, compileText, expressionsIn, textToken } from './text.ts';
export { traceExpression } from './trace.ts';
export { equals, fold, isObject, isTruthy, toNumber, toText } from './values.ts';
