/**
 * YAML text to the flat events that GitHub's template reader wants. Ours instead of the package's, which silently
 * drops recursive aliases, has no limit on what aliases expand to, and keeps indentation in block scalars (SEM-1.3 to 1.9).
 */
import {
  BooleanToken,
  type LiteralToken,
  MappingToken,
  NullToken,
  NumberToken,
  SequenceToken,
  StringToken,
} from '@actions/workflow-parser/templates/tokens/index';
import type { TokenRange } from '@actions/workflow-parser/templates/tokens/token-range';
import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar } from 'yaml';
import { MAX_EXPRESSION_LENGTH, toText } from '../expressions/index.ts';
import { LimitExceeded, type ReadLimits } from './limits.ts';
import type { Place } from './problems.ts';
import { parseYaml, type YamlDocument, type YamlProblem } from './yaml-document.ts';

export type YamlEvent =
  | { kind: 'literal'; token: LiteralToken }
  | { kind: 'sequence-start'; token: SequenceToken }
  | { kind: 'mapping-start'; token: MappingToken }
  | { kind: 'sequence-end' }
  | { kind: 'mapping-end' };

export interface YamlContent {
  /** As complete as the text allows; empty when it cannot be read at all. */
  events: YamlEvent[];
  problems: YamlProblem[];
  /** Places of texts with expressions that are longer than allowed (SEM-1.9). */
  tooLong: (Place | null)[];
  /** By their first line: texts of several lines with expressions. */
  blocks: Map<number, Block>;
}

/** A scalar of several lines. */
export interface Block {
  range: TokenRange;
  value: string;
  /** Its lines in the file; `null` when they are not the lines of the value. */
  source: string | null;
}

/** SEM-1.9 */
const MAX_DEPTH = 50;
/** What a value counts for besides its text. */
const NODE_BYTES = 64;

const STRING = 'tag:yaml.org,2002:str';

/**
 * @param fileId index of the file in the template reader's table
 * @throws LimitExceeded
 */
export function readYaml(text: string, fileId: number, limits: ReadLimits): YamlContent {
  const document = parseYaml(text, limits);
  const walk = new Walk(document, fileId, limits);
  if (document.contents) walk.run(document.contents);
  return walk;
}

/** Ends the walk: what follows would be meaningless or too much. */
class Stop extends Error {}

class Walk implements YamlContent {
  readonly events: YamlEvent[] = [];
  readonly problems: YamlProblem[];
  readonly tooLong: (Place | null)[] = [];
  readonly blocks = new Map<number, Block>();
  readonly #placeOf: YamlDocument['placeOf'];
  readonly #fileId: number;
  readonly #limits: ReadLimits;
  /** What each name means at this place of the file, and what each alias has meant at its own. */
  readonly #anchors = new Map<string, Node>();
  readonly #targets = new Map<Alias, Node>();
  /** Nodes that are being expanded through an alias. */
  readonly #expanding = new Set<Node>();
  #bytes = 0;
  #expressionCount = 0;

  constructor({ problems, placeOf }: YamlDocument, fileId: number, limits: ReadLimits) {
    this.problems = [...problems];
    this.#placeOf = placeOf;
    this.#fileId = fileId;
    this.#limits = limits;
  }

  run(contents: Node): void {
    try {
      this.#node(contents, 1);
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      this.events.length = 0;
    }
  }

  #report(message: string, offset: number | undefined): void {
    this.problems.push({ message, place: offset === undefined ? null : this.#placeOf(offset) });
  }

  #stop(message: string, node: Node | null): never {
    this.#report(message, node?.range?.[0]);
    throw new Stop(message);
  }

  /** What the alias means: the last anchor of its name before it, also where it stands in what another alias repeats. */
  #target(alias: Alias): Node {
    const target = this.#targets.get(alias) ?? this.#anchors.get(alias.source);
    if (!target) this.#stop(`The alias *${alias.source} has no anchor before it`, alias);
    this.#targets.set(alias, target);
    return target;
  }

  #declare(node: Node | null): void {
    if (node?.anchor && this.#expanding.size === 0) this.#anchors.set(node.anchor, node);
  }

  #node(node: Node | null, depth: number): void {
    if (depth > MAX_DEPTH) this.#stop(`The file is nested deeper than ${MAX_DEPTH} levels`, node);
    this.#count(node, isScalar(node) && typeof node.value === 'string' ? node.value.length * 2 : 0);
    this.#declare(node);
    if (isAlias(node)) this.#alias(node, depth);
    else if (isSeq(node)) this.#sequence(node.items as Node[], node, depth);
    else if (isMap(node)) this.#mapping(node.items as Pair<Node, Node | null>[], node, depth);
    else this.events.push({ kind: 'literal', token: this.#literal(isScalar(node) ? node : null, node) });
  }

  #count(node: Node | null, textBytes: number): void {
    this.#bytes += NODE_BYTES + textBytes;
    if (this.#bytes <= this.#limits.resultBytes) return;
    if (this.#limits.exceeded === 'thrown') throw new LimitExceeded();
    this.#stop('The file is larger than 10 MB once its aliases are expanded', node);
  }

  #sequence(items: Node[], node: Node, depth: number): void {
    this.events.push({ kind: 'sequence-start', token: new SequenceToken(this.#fileId, this.#range(node), undefined) });
    for (const item of items) this.#node(item, depth + 1);
    this.events.push({ kind: 'sequence-end' });
  }

  #mapping(pairs: Pair<Node, Node | null>[], node: Node, depth: number): void {
    this.events.push({ kind: 'mapping-start', token: new MappingToken(this.#fileId, this.#range(node), undefined) });
    for (const { key, value } of pairs) {
      this.events.push({ kind: 'literal', token: this.#key(key) });
      this.#node(value, depth + 1);
    }
    this.events.push({ kind: 'mapping-end' });
  }

  #key(key: Node): LiteralToken {
    this.#declare(key);
    const node = isAlias(key) ? this.#target(key) : key;
    if (!isScalar(node)) this.#stop('A key must be a scalar', key);
    if (node.value === '<<' && node.type === 'PLAIN') this.#report('Merge keys (<<) are not supported', key.range?.[0]);
    this.#count(key, typeof node.value === 'string' ? node.value.length * 2 : 0);
    return this.#literal(node, key);
  }

  #alias(node: Alias, depth: number): void {
    const target = this.#target(node);
    if (this.#expanding.has(target)) this.#stop(`The alias *${node.source} refers to itself`, node);
    this.#expanding.add(target);
    this.#node(target, depth);
    this.#expanding.delete(target);
  }

  #literal(scalar: Scalar | null, node: Node | null): LiteralToken {
    const range = this.#range(node);
    const value = scalar?.value ?? null;
    if (scalar) this.#checkStyle(scalar);
    if (typeof value === 'boolean') return new BooleanToken(this.#fileId, range, value, undefined);
    if (typeof value === 'number') return new CSharpNumberToken(this.#fileId, range, value, undefined);
    if (typeof value !== 'string' || scalar === null) return new NullToken(this.#fileId, range, undefined);
    if (!value.includes('${{')) return new StringToken(this.#fileId, range, value, undefined, undefined);
    return this.#expressions(value, scalar, range);
  }

  /** A text with expressions. */
  #expressions(value: string, scalar: Scalar, range: TokenRange | undefined): StringToken {
    if (value.length > MAX_EXPRESSION_LENGTH) {
      this.tooLong.push(range ? startOf(range) : null);
      // Any expression; taking this one apart would take long.
      return new StringToken(this.#fileId, range, '${{ true }}', undefined, undefined);
    }
    this.#expressionCount += value.split('${{').length - 1;
    if (this.#expressionCount > this.#limits.expressions) throw new LimitExceeded();
    const source = scalar.srcToken && 'source' in scalar.srcToken ? scalar.srcToken.source : '';
    if (!range || !this.#isBlock(scalar)) return new StringToken(this.#fileId, range, value, undefined, source);
    const lines = scalar.type === 'BLOCK_LITERAL' ? source : null;
    const block = this.blocks.get(range.start.line) ?? { range, value, source: lines };
    this.blocks.set(range.start.line, block);
    return new StringToken(this.#fileId, block.range, value, undefined, undefined);
  }

  #isBlock({ range }: Scalar): boolean {
    return range ? this.#placeOf(range[0]).line !== this.#placeOf(range[1]).line : false;
  }

  /** SEM-1.5: a tag says that a quoted text is something else. */
  #checkStyle({ tag, type, range }: Scalar): void {
    if (!tag || type === 'PLAIN' || tag === STRING || tag === '!') return;
    this.#report(`The style of the scalar is not valid with the tag '${tag}'`, range?.[0]);
  }

  /** Ends where it starts: so the template reader counts columns on through all lines, and does not count lines each time. */
  #range(node: Node | null): TokenRange | undefined {
    const start = node?.range?.[0];
    if (start === undefined) return undefined;
    const { line, col } = this.#placeOf(start);
    const position = { line, column: col };
    return { start: position, end: position };
  }
}

/** Where a number becomes text it is printed as the real service prints it: `1E+20`. */
class CSharpNumberToken extends NumberToken {
  override toString(): string {
    return toText(this.value);
  }
}

export const startOf = ({ start: { line, column } }: TokenRange): Required<Place> => ({ line, col: column });
