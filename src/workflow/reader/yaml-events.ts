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
import {
  type Alias,
  type Document,
  type DocumentOptions,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  type ParseOptions,
  parseDocument,
  type Scalar,
  type SchemaOptions,
  visit,
} from 'yaml';
import { toText } from '../expressions/index.ts';
import { dangerIn } from './yaml-guard.ts';

export type YamlEvent =
  | { kind: 'literal'; token: LiteralToken }
  | { kind: 'sequence-start'; token: SequenceToken }
  | { kind: 'mapping-start'; token: MappingToken }
  | { kind: 'sequence-end' }
  | { kind: 'mapping-end' };

/** Something wrong in the file; positions count from 1. */
export interface YamlProblem {
  line: number | null;
  column: number | null;
  message: string;
}

/** A scalar of several lines: positions that the template reader computes inside its value need a correction. */
export interface MultiLineScalar {
  range: TokenRange;
  /** Columns by which a literal block is indented; `null` when lines of the value are not lines of the file. */
  indent: number | null;
}

export interface YamlContent {
  /** As complete as the text allows; empty when it cannot be read at all. */
  events: YamlEvent[];
  problems: YamlProblem[];
  scalars: MultiLineScalar[];
}

/** SEM-1.9 */
const MAX_DEPTH = 50;
const MAX_RESULT_BYTES = 10 * 1024 * 1024;
/** What a value counts for besides its text. */
const NODE_BYTES = 32;

const FLOAT = 'tag:yaml.org,2002:float';
const STRING = 'tag:yaml.org,2002:str';

const YAML_OPTIONS: ParseOptions & DocumentOptions & SchemaOptions = {
  uniqueKeys: false,
  keepSourceTokens: true,
  prettyErrors: false,
  // SEM-1.5: `!!timestamp`, `!!set` and the like are not of the core schema.
  resolveKnownTags: false,
  // `!!float 1`: last, so that without a tag the same text is an integer.
  customTags: (tags) => [...tags, { tag: FLOAT, default: true, test: /^[-+]?[0-9]+$/, resolve: Number }],
};

/** @param fileId index of the file in the template reader's table */
export function readYaml(text: string, fileId: number): YamlContent {
  const danger = dangerIn(text);
  if (danger) return { events: [], problems: [{ ...danger, column: null }], scalars: [] };
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { ...YAML_OPTIONS, lineCounter });
  const walk = new Walk(document, lineCounter, fileId);
  for (const { message, pos } of [...document.errors, ...document.warnings]) walk.report(message, pos[0]);
  walk.run();
  return walk;
}

/** Ends the walk: what follows would be meaningless or too much. */
class Stop extends Error {}

class Walk implements YamlContent {
  readonly events: YamlEvent[] = [];
  readonly problems: YamlProblem[] = [];
  readonly scalars: MultiLineScalar[] = [];
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #fileId: number;
  readonly #targets: Map<Alias, Node>;
  /** Nodes that are being expanded through an alias. */
  readonly #expanding = new Set<Node>();
  #bytes = 0;

  constructor(document: Document.Parsed, lines: LineCounter, fileId: number) {
    this.#document = document;
    this.#lines = lines;
    this.#fileId = fileId;
    this.#targets = aliasTargets(document);
  }

  run(): void {
    try {
      this.#node(this.#document.contents, 1);
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      this.events.length = 0;
    }
  }

  report(message: string, offset: number | undefined): void {
    const position = offset === undefined ? undefined : this.#lines.linePos(offset);
    this.problems.push({ line: position?.line ?? null, column: position?.col ?? null, message });
  }

  #stop(message: string, node: Node | null): never {
    this.report(message, node?.range?.[0]);
    throw new Stop(message);
  }

  #node(node: Node | null, depth: number): void {
    if (depth > MAX_DEPTH) this.#stop(`The file is nested deeper than ${MAX_DEPTH} levels`, node);
    this.#count(node, isScalar(node) && typeof node.value === 'string' ? node.value.length * 2 : 0);
    if (isAlias(node)) this.#alias(node, depth);
    else if (isSeq(node)) this.#sequence(node.items as Node[], node, depth);
    else if (isMap(node)) this.#mapping(node.items as Pair<Node, Node | null>[], node, depth);
    else this.events.push({ kind: 'literal', token: this.#literal(isScalar(node) ? node : null, node) });
  }

  #count(node: Node | null, textBytes: number): void {
    this.#bytes += NODE_BYTES + textBytes;
    if (this.#bytes <= MAX_RESULT_BYTES) return;
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
    const node = isAlias(key) ? this.#target(key) : key;
    if (!isScalar(node)) this.#stop('A key must be a scalar', key);
    if (node.value === '<<' && node.type === 'PLAIN') this.report('Merge keys (<<) are not supported', key.range?.[0]);
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

  #target(alias: Alias): Node {
    return this.#targets.get(alias) ?? this.#stop(`The alias *${alias.source} has no anchor before it`, alias);
  }

  #literal(scalar: Scalar | null, node: Node | null): LiteralToken {
    const range = this.#range(node);
    const value = scalar?.value ?? null;
    if (scalar) this.#checkStyle(scalar);
    if (typeof value === 'boolean') return new BooleanToken(this.#fileId, range, value, undefined);
    if (typeof value === 'number') return new CSharpNumberToken(this.#fileId, range, value, undefined);
    if (typeof value !== 'string' || scalar === null) return new NullToken(this.#fileId, range, undefined);
    return new StringToken(this.#fileId, range, value, undefined, this.#source(scalar, range));
  }

  /** SEM-1.5: a tag says that a quoted text is something else. */
  #checkStyle({ tag, type, range }: Scalar): void {
    if (!tag || type === 'PLAIN' || tag === STRING || tag === '!') return;
    this.report(`The style of the scalar is not valid with the tag '${tag}'`, range?.[0]);
  }

  /** Raw text of a scalar of one line; the template reader derives columns from it. */
  #source(scalar: Scalar, range: TokenRange | undefined): string | undefined {
    const source = scalar.srcToken && 'source' in scalar.srcToken ? scalar.srcToken.source : undefined;
    if (!range || range.start.line === range.end.line) return source;
    const indent = scalar.type === 'BLOCK_LITERAL' && source !== undefined ? indentationOf(source) : null;
    this.scalars.push({ range, indent });
    return undefined;
  }

  #range(node: Node | null): TokenRange | undefined {
    const [start, end] = node?.range ?? [];
    if (start === undefined || end === undefined) return undefined;
    const [first, last] = [this.#lines.linePos(start), this.#lines.linePos(end)];
    return { start: { line: first.line, column: first.col }, end: { line: last.line, column: last.col } };
  }
}

/** Where a number becomes text it is printed as the real service prints it: `1E+20`. */
class CSharpNumberToken extends NumberToken {
  override toString(): string {
    return toText(this.value);
  }
}

const indentationOf = (source: string): number => /^ */.exec(source.replace(/^\s*\n/, ''))?.[0].length ?? 0;

/** The anchor that each alias means: the last one of that name before it. */
function aliasTargets(document: Document.Parsed): Map<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Alias(_, node) {
      const target = anchors.get(node.source);
      if (target) targets.set(node, target);
    },
    Value(_, node) {
      if (node.anchor) anchors.set(node.anchor, node);
    },
  });
  return targets;
}
