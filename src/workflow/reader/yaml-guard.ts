import { Lexer } from 'yaml';

/** Far above what the reader allows, and safe: at some thousands of levels the YAML parser takes the process down. */
const MAX_PARSER_DEPTH = 200;
/** What some 10,000 lines of workflow hold; a megabyte of `[],` would occupy the parser for seconds. */
const MAX_LEXEMES = 100_000;

/** The lexer announces a scalar by this mark; the scalar's text is the next lexeme. */
const SCALAR_MARK = '\x1f';
/** Byte order mark, start of a document, end of a broken flow collection: no content. */
const OTHER_MARKS = ['\ufeff', '\x02', '\x18'];

/**
 * What makes a text dangerous to parse, found with the lexer alone, which is linear and does not recurse.
 * @returns a sentence and the line (from 1), or `undefined` for a harmless text
 */
export function dangerIn(text: string): { line: number; message: string } | undefined {
  const depth = new Depth();
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    depth.add(lexeme);
    if (++count > MAX_LEXEMES) return { line: depth.line, message: 'The file holds too many values' };
    if (depth.level > MAX_PARSER_DEPTH) return { line: depth.line, message: 'The file is nested too deeply' };
  }
  return undefined;
}

/** Upper bound of the nesting: open brackets, plus distinct indentations that are still open. */
class Depth {
  line = 1;
  #flow = 0;
  #indents: number[] = [];
  #column = 0;
  /** Only white space, dashes and question marks so far on this line. */
  #leading = true;
  #inScalar = false;

  get level(): number {
    return this.#flow + this.#indents.length;
  }

  add(lexeme: string): void {
    if (OTHER_MARKS.includes(lexeme) && !this.#inScalar) return;
    if (this.#inScalar) this.#inScalar = false;
    else this.#addStructure(lexeme);
    if (lexeme !== SCALAR_MARK) this.#advance(lexeme);
  }

  #addStructure(lexeme: string): void {
    if (lexeme === '[' || lexeme === '{') this.#flow++;
    if (lexeme === ']' || lexeme === '}') this.#flow = Math.max(0, this.#flow - 1);
    this.#inScalar = lexeme === SCALAR_MARK;
    const isContent = lexeme.trim() !== '' && !lexeme.startsWith('#');
    if (!this.#leading || this.#flow > 0 || !isContent) return;
    while ((this.#indents.at(-1) ?? -1) >= this.#column) this.#indents.pop();
    this.#indents.push(this.#column);
    this.#leading = lexeme === '-' || lexeme === '?';
  }

  #advance(lexeme: string): void {
    const lastBreak = lexeme.lastIndexOf('\n');
    if (lastBreak < 0) {
      this.#column += lexeme.length;
      return;
    }
    this.line += lexeme.split('\n').length - 1;
    this.#column = lexeme.length - lastBreak - 1;
    this.#leading = true;
  }
}
