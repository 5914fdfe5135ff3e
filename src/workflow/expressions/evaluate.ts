/**
 * Evaluation of GitHub's expression trees over plain JSON, so that contexts are never converted. Grammar and trees are
 * the official package's; its evaluator is not used because it differs from the C# engine of the real service in
 * number texts, case folding, laziness of `case` and `format`, and names such as `constructor` (SEM-20.10, 20.11, 20.14).
 */
import {
  Binary,
  ContextAccess,
  type Expr,
  FunctionCall,
  Grouping,
  IndexAccess,
  Literal,
  Logical,
  Star,
  Unary,
} from '@actions/expressions/ast';
import type { FunctionInfo } from '@actions/expressions/funcs/info';
import { TokenType } from '@actions/expressions/lexer';
import type { Json } from '../../protocol/runner/tokens.ts';
import { ExpressionError } from './error.ts';
import { BUILT_IN_FUNCTIONS } from './functions.ts';
import { Limits, SCANNED_PER_COMPARED_CHARACTER } from './limits.ts';
import { HASH_FILES, JOB_STATUS_FUNCTIONS, literalValue, parseExpression, STEP_STATUS_FUNCTIONS } from './parse.ts';
import type { Scope } from './scope.ts';
import {
  comparisonCost,
  equals,
  equalsIgnoringCase,
  isObject,
  isTruthy,
  lessThan,
  toNumber,
  toText,
} from './values.ts';

/**
 * Value of an expression written without `${{ }}`.
 * @param limits of a template that the expression is part of
 * @throws ExpressionError
 */
export function evaluateExpression(expression: string, scope: Scope, limits = new Limits()): Json {
  return new Evaluation(scope, limits).value(parseInScope(expression, scope));
}

/**
 * The tree of an expression that may use what `scope` offers; values do not matter.
 * @throws ExpressionError
 */
export function parseInScope(expression: string, scope: Scope): Expr {
  const names = Object.keys(scope.contexts);
  const { status, hashFiles } = scope;
  const statusKind = status ? (status.takesJobs ? 'job' : 'step') : '';
  const signature = `${names.join()} ${statusKind} ${hashFiles ? 'hashFiles' : ''}`;
  return parseExpression(expression, names, functionsOf(scope), signature);
}

/** Value of a tree that `parseInScope` gave for the same scope. */
export function evaluateTree(tree: Expr, scope: Scope): Json {
  return new Evaluation(scope, new Limits()).value(tree);
}

function functionsOf({ status, hashFiles }: Scope): FunctionInfo[] {
  const statusFunctions = status?.takesJobs ? JOB_STATUS_FUNCTIONS : STEP_STATUS_FUNCTIONS;
  return [...(status ? statusFunctions : []), ...(hashFiles ? [HASH_FILES] : [])];
}

class Evaluation {
  readonly #scope: Scope;
  readonly #limits: Limits;
  /** What `.*` gave: further `.name` and `[n]` apply to each element, also through parentheses (SEM-20.13). */
  readonly #filtered = new WeakSet<Json[]>();

  constructor(scope: Scope, limits: Limits) {
    this.#scope = scope;
    this.#limits = limits;
  }

  value(node: Expr): Json {
    if (node instanceof Literal) return literalValue(node);
    if (node instanceof IndexAccess) return this.#index(node);
    if (node instanceof Grouping) return this.value(node.group);
    if (node instanceof Logical) return this.#logical(node);
    if (node instanceof Binary) return this.#compare(node);
    if (node instanceof Unary) return !isTruthy(this.value(node.expr));
    if (node instanceof FunctionCall) return this.#call(node);
    if (node instanceof ContextAccess) return this.#context(node);
    throw new Error(`unknown kind of expression node: ${node.constructor.name}`);
  }

  #context({ name }: ContextAccess): Json {
    return this.#scope.contexts[name.lexeme.toLowerCase()] ?? null;
  }

  #logical({ operator, args }: Logical): Json {
    const stopsAt = operator.type === TokenType.OR;
    let value: Json = null;
    for (const arg of args) {
      value = this.value(arg);
      if (isTruthy(value) === stopsAt) break;
    }
    return value;
  }

  #compare({ operator, left, right }: Binary): boolean {
    const [leftValue, rightValue] = [this.value(left), this.value(right)];
    this.#limits.scan(comparisonCost(leftValue, rightValue));
    return compare(operator.type, leftValue, rightValue);
  }

  #index(node: IndexAccess): Json {
    const target = this.value(node.expr);
    if (node.index instanceof Star) return this.#star(target);
    const index = this.value(node.index);
    if (typeof index === 'string') this.#limits.scan(index.length * SCANNED_PER_COMPARED_CHARACTER);
    if (Array.isArray(target) && this.#filtered.has(target)) return this.#indexEach(target, index);
    return this.#member(target, index) ?? null;
  }

  #indexEach(targets: Json[], index: Json): Json[] {
    const found: Json[] = [];
    this.#limits.scanElements(targets.length);
    for (const target of targets) {
      const member = this.#member(target, index);
      if (member !== undefined) found.push(member);
    }
    this.#filtered.add(found);
    return found;
  }

  /** `undefined` where there is no such member (SEM-20.12). */
  #member(target: Json, index: Json): Json | undefined {
    if (Array.isArray(target)) {
      const position = Math.floor(toNumber(index));
      return position >= 0 ? target[position] : undefined;
    }
    if (!isObject(target) || (index !== null && typeof index === 'object')) return undefined;
    const name = toText(index);
    if (Object.hasOwn(target, name)) return target[name];
    return this.#comparesCase(target) ? undefined : this.#memberIgnoringCase(target, name);
  }

  #comparesCase(target: Json): boolean {
    const { caseSensitive, contexts } = this.#scope;
    return caseSensitive?.some((name) => contexts[name] === target) ?? false;
  }

  #call({ functionName, args }: FunctionCall): Json {
    const name = functionName.lexeme.toLowerCase();
    const thunks = args.map((arg) => () => this.value(arg));
    const builtIn = BUILT_IN_FUNCTIONS.get(name);
    if (builtIn) return builtIn(thunks, this.#limits);
    const texts = thunks.map((thunk) => toText(thunk()));
    const { status, hashFiles } = this.#scope;
    if (name === 'hashfiles' && hashFiles) return hashFiles(texts);
    if (name === 'success' && status) return status.success(...texts);
    if (name === 'failure' && status) return status.failure(...texts);
    if (name === 'cancelled' && status) return status.cancelled();
    if (name === 'always' && status) return true;
    throw new ExpressionError(`Unrecognized function: '${functionName.lexeme}'`);
  }

  #star(target: Json): Json[] {
    const found: Json[] = [];
    const targets = Array.isArray(target) && this.#filtered.has(target) ? target : [target];
    this.#limits.scanElements(targets.length);
    for (const item of targets) {
      if (item === null || typeof item !== 'object') continue;
      const values = Array.isArray(item) ? item : Object.values(item);
      if (values === item) this.#limits.scanElements(values.length);
      else this.#limits.scanMembers(values.length);
      for (const value of values) found.push(value);
    }
    this.#filtered.add(found);
    return found;
  }

  #memberIgnoringCase(target: { [key: string]: Json }, name: string): Json | undefined {
    const keys = Object.keys(target);
    this.#limits.scanMembers(keys.length);
    for (const key of keys) {
      if (equalsIgnoringCase(key, name)) return target[key];
    }
    return undefined;
  }
}

function compare(operator: TokenType, left: Json, right: Json): boolean {
  switch (operator) {
    case TokenType.EQUAL_EQUAL:
      return equals(left, right);
    case TokenType.BANG_EQUAL:
      return !equals(left, right);
    case TokenType.LESS:
      return lessThan(left, right);
    case TokenType.LESS_EQUAL:
      return equals(left, right) || lessThan(left, right);
    case TokenType.GREATER:
      return lessThan(right, left);
    default:
      return equals(left, right) || lessThan(right, left);
  }
}
