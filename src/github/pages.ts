import { OutsideError } from '../common/errors.ts';

/** Takes a page's entries and the count of all out of its body. */
export type Entries<Page, Entry> = (page: Page) => { total: number; entries: Entry[] };

const PER_PAGE = 100;
/** Guards against a server that never ends its pages: 100,000 entries. */
const MAX_PAGES = 1_000;

/**
 * Every entry of a list that comes in pages.
 * @param read gets a page by its path, in whatever way
 * @throws OutsideError when the list has no end: half of it would look like what has gone
 */
export async function readPages<Page, Entry>(
  read: (path: string) => Promise<Page>,
  path: string,
  entriesOf: Entries<Page, Entry>,
): Promise<Entry[]> {
  const all: Entry[] = [];
  const separator = path.includes('?') ? '&' : '?';
  for (let number = 1; number <= MAX_PAGES; number++) {
    const { total, entries } = entriesOf(await read(`${path}${separator}per_page=${PER_PAGE}&page=${number}`));
    all.push(...entries);
    if (entries.length === 0 || all.length >= total) return all;
  }
  throw new OutsideError(`GET ${path} has more than ${MAX_PAGES} pages.`, { retryable: false });
}
