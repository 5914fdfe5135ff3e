import { AnsiUp } from 'ansi_up';
import { stripAnsi } from './parse-line.ts';
import { splitMatches } from './search.ts';

/** The text of a log line: coloured as a terminal would, or with the searched text marked. */
export function LineText({ text, query }: { text: string; query: string }) {
  if (query !== '') {
    const plain = stripAnsi(text);
    const parts = splitMatches(plain, query);
    if (parts.length > 1) return <Marked parts={parts} />;
  }
  if (!text.includes('\x1b')) return text;
  // biome-ignore lint/security/noDangerouslySetInnerHtml: ansi_up escapes the text; a test holds it to that.
  return <span dangerouslySetInnerHTML={{ __html: ansiToHtml(text) }} />;
}

/** Colours end with the line: a sequence that is never closed must not colour the rest of the log. */
export function ansiToHtml(text: string): string {
  const ansi = new AnsiUp();
  ansi.use_classes = true;
  ansi.escape_html = true;
  ansi.url_allowlist = { http: 1, https: 1 };
  return ansi.ansi_to_html(text);
}

function Marked({ parts }: { parts: string[] }) {
  return parts.map((part, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts are told apart by their place only.
    index % 2 === 1 ? <mark key={index}>{part}</mark> : part,
  );
}
