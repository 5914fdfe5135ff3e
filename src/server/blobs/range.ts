import { UserError } from '../../common/errors.ts';

/**
 * One range of bytes, `end` included. A header in another form counts as none (RFC 9110 14.2).
 * @throws UserError 416 when it lies behind the end
 */
export function readRange(
  header: string | string[] | undefined,
  size: number,
): { start: number; end: number } | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(String(header ?? '')) ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start < size && start <= end) return { start, end };
  throw new UserError('InvalidRange', `The blob has ${size} bytes.`, { status: 416 });
}
