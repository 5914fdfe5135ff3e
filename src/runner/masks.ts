/** Values that must never show: SEM-25. */

/** Shortest piece of an encoded value that is registered by itself; shorter ones would hide innocent text. */
const MIN_FRAGMENT = 6;

const MASK = '***';

interface Range {
  start: number;
  end: number;
}

/**
 * All masked values of a job and their usual encodings, found in one pass over a text: a table of first characters
 * drops nearly every position, a map of the first two yields the few values to compare.
 */
export class Masks {
  readonly #values = new Set<string>();
  readonly #isFirst = new Uint8Array(65_536);
  /** Values longer than one character by their first two; longest first. */
  readonly #byPair = new Map<number, string[]>();
  readonly #single = new Set<number>();
  readonly #patterns: RegExp[] = [];
  #longest = 0;

  /** Masks the trimmed value, each of its lines, and their encodings from now on (SEM-25.1, 25.2, 25.5). */
  add(value: string): void {
    for (const piece of [value.trim(), ...value.split(/\r\n|[\r\n]/).map((line) => line.trim())]) {
      if (piece === '' || this.#values.has(piece)) continue;
      for (const variant of [piece, ...encodings(piece)]) this.#register(variant);
    }
  }

  /** Masks what a regular expression of the job message matches; an expression that JavaScript cannot read is ignored. */
  addPattern(source: string): void {
    try {
      const pattern = new RegExp(source, 'g');
      if (!pattern.test('')) this.#patterns.push(pattern);
    } catch {
      // .NET's dialect knows forms that JavaScript does not; the plain values are registered anyway.
    }
  }

  /** The text with every masked stretch replaced by `***`; touching and overlapping ones become one (SEM-25.3). */
  apply(text: string): string {
    const ranges = this.#find(text);
    if (ranges.length === 0) return text;
    let result = '';
    let from = 0;
    for (const { start, end } of ranges) {
      result += text.slice(from, start) + MASK;
      from = end;
    }
    return result + text.slice(from);
  }

  isSecret(text: string): boolean {
    return this.#find(text).length > 0;
  }

  /**
   * Where to cut an endless line at about `limit` so that no masked value is torn.
   * Returns 0 while the text is too short to know.
   */
  cutAt(text: string, limit: number): number {
    if (text.length < limit + this.#longest) return 0;
    const across = this.#find(text).find(({ start, end }) => start < limit && end > limit);
    return across?.end ?? limit;
  }

  #register(value: string): void {
    if (value === '' || this.#values.has(value)) return;
    this.#values.add(value);
    this.#longest = Math.max(this.#longest, value.length);
    const first = value.charCodeAt(0);
    this.#isFirst[first] = 1;
    if (value.length === 1) {
      this.#single.add(first);
      return;
    }
    const pair = first * 65_536 + value.charCodeAt(1);
    const values = [...(this.#byPair.get(pair) ?? []), value].sort((a, b) => b.length - a.length);
    this.#byPair.set(pair, values);
  }

  #find(text: string): Range[] {
    const ranges: Range[] = [];
    const isFirst = this.#isFirst;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (isFirst[code] !== 1) continue;
      const length = this.#matchAt(text, at, code);
      if (length > 0) addRange(ranges, { start: at, end: at + length });
    }
    return this.#patterns.length > 0 ? this.#withPatterns(text, ranges) : ranges;
  }

  #matchAt(text: string, at: number, code: number): number {
    const values = this.#byPair.get(code * 65_536 + text.charCodeAt(at + 1));
    const longest = values?.find((value) => text.startsWith(value, at));
    if (longest !== undefined) return longest.length;
    return this.#single.has(code) ? 1 : 0;
  }

  #withPatterns(text: string, ranges: Range[]): Range[] {
    const all = [...ranges];
    for (const pattern of this.#patterns) {
      for (const match of text.matchAll(pattern)) all.push({ start: match.index, end: match.index + match[0].length });
    }
    const merged: Range[] = [];
    for (const range of all.sort((a, b) => a.start - b.start)) if (range.end > range.start) addRange(merged, range);
    return merged;
  }
}

/** Appends a range that starts no earlier than the last, merging it when they touch. */
function addRange(ranges: Range[], range: Range): void {
  const last = ranges.at(-1);
  if (last && range.start <= last.end) last.end = Math.max(last.end, range.end);
  else ranges.push(range);
}

/** SEM-25.2 */
function encodings(value: string): string[] {
  const xml = value.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  return [
    ...base64Forms(value),
    JSON.stringify(value).slice(1, -1),
    encodeUri(value),
    xml.replace(/"/g, '&quot;').replace(/'/g, '&apos;'),
    xml,
    value.replace(/"/g, '\\"'),
    value.replace(/'/g, "''"),
    ...(value.length > 8 && value.startsWith('"') && value.endsWith('"') ? [value.slice(1, -1)] : []),
    ...powerShellParts(value),
  ];
}

/** Base64 of the value alone, and of what stays equal when it sits one or two bytes into a longer text. */
function base64Forms(value: string): string[] {
  const bytes = Buffer.from(value, 'utf8');
  const whole = bytes.toString('base64');
  const fragments = [0, 1, 2].map((shift) => {
    const groups = Math.floor((bytes.length - shift) / 3);
    return bytes.subarray(shift, shift + groups * 3).toString('base64');
  });
  const urlSafe = bytes.toString('base64url');
  return [whole, urlSafe, ...fragments].filter((form) => form === whole || form.length >= MIN_FRAGMENT);
}

function encodeUri(value: string): string {
  try {
    return encodeURIComponent(value);
  } catch {
    return ''; // A lone surrogate has no URI form.
  }
}

/** PowerShell's error messages cut a command line at `&`. */
function powerShellParts(value: string): string[] {
  if (!value.includes('&')) return [];
  const parts = value.split('&');
  return [...parts, ...parts.slice(0, -1).map((part) => `${part}&`)].filter(
    (part) => part.trim().length >= MIN_FRAGMENT,
  );
}
