/** YAML text to the tree of its nodes. What would be dangerous to parse, or too much, is refused before it is parsed. */
import {
  Composer,
  type CST,
  type DocumentOptions,
  Lexer,
  LineCounter,
  type ParsedNode,
  type ParseOptions,
  Parser,
  type SchemaOptions,
} from 'yaml';
import { YamlGuard } from '../../common/yaml-guard.ts';
import { LimitExceeded, type ReadLimits } from './limits.ts';
import type { Place } from './problems.ts';

export interface YamlDocument {
  /** `null`: the text is empty, or was refused. */
  contents: ParsedNode | null;
  problems: YamlProblem[];
  /** The place of an offset in the text. */
  placeOf: (offset: number) => Required<Place>;
}

export interface YamlProblem {
  message: string;
  place: Place | null;
}

const FLOAT = 'tag:yaml.org,2002:float';

const OPTIONS: ParseOptions & DocumentOptions & SchemaOptions = {
  uniqueKeys: false,
  keepSourceTokens: true,
  // SEM-1.5: `!!timestamp`, `!!set` and the like are not of the core schema.
  resolveKnownTags: false,
  // `!!float 1`: last, so that without a tag the same text is an integer.
  customTags: (tags) => [...tags, { tag: FLOAT, default: true, test: /^[-+]?[0-9]+$/, resolve: Number }],
};

/** @throws LimitExceeded */
export function parseYaml(text: string, limits: ReadLimits): YamlDocument {
  const lines = new LineCounter();
  const placeOf = (offset: number): Required<Place> => lines.linePos(offset);
  const lexemes: string[] = [];
  const guard = new YamlGuard();
  const refuse = (message: string): YamlDocument => {
    return { contents: null, problems: [{ message, place: guard.place }], placeOf };
  };
  for (const lexeme of new Lexer().lex(text)) {
    guard.add(lexeme);
    if (guard.isTooDeep) return refuse('The file is nested too deeply');
    if (lexemes.push(lexeme) <= limits.lexemes) continue;
    if (limits.exceeded === 'thrown') throw new LimitExceeded();
    return refuse('The file holds too many values');
  }
  const [document, second] = new Composer(OPTIONS).compose(parse(lexemes, lines), true, text.length);
  const { contents = null, errors = [], warnings = [] } = document ?? {};
  const problems = [...errors, ...warnings].map(({ message, pos: [offset] }) => ({ message, place: placeOf(offset) }));
  const further = second && { message: 'Source contains multiple documents', place: placeOf(second.range[0]) };
  return { contents, problems: further ? [...problems, further] : problems, placeOf };
}

function* parse(lexemes: string[], lines: LineCounter): Generator<CST.Token> {
  lines.addNewLine(0);
  const parser = new Parser(lines.addNewLine);
  for (const lexeme of lexemes) yield* parser.next(lexeme);
  yield* parser.end();
}
