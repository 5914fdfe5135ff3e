import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { UserError } from '../../common/errors.ts';
import { Crc64 } from './crc64.ts';

/**
 * The pieces of a body, compared with the checksums that its headers name.
 * @throws UserError 413 once there are more than `maxBytes`; 400 when a checksum differs
 */
export async function* limited(body: IncomingMessage, maxBytes: number): AsyncGenerator<Uint8Array> {
  const checks = checksOf(body);
  let sizeBytes = 0;
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    sizeBytes += piece.length;
    if (sizeBytes > maxBytes) {
      throw new UserError('RequestBodyTooLarge', `A request may bring at most ${maxBytes} bytes.`, { status: 413 });
    }
    for (const { sum } of checks) sum.update(piece);
    yield piece;
  }
  for (const { sum, expected, code } of checks) {
    if (sum.digest('base64') === expected) continue;
    throw new UserError(code, 'The body is not what its checksum says.', { status: 400 });
  }
}

interface Check {
  sum: { update(data: Uint8Array): unknown; digest(encoding: 'base64'): string };
  expected: string;
  code: 'Md5Mismatch' | 'Crc64Mismatch';
}

function checksOf({ headers }: IncomingMessage): Check[] {
  const checks: Check[] = [];
  const md5 = headers['content-md5'];
  const crc64 = headers['x-ms-content-crc64'];
  if (typeof md5 === 'string') checks.push({ sum: createHash('md5'), expected: md5, code: 'Md5Mismatch' });
  if (typeof crc64 === 'string') checks.push({ sum: new Crc64(), expected: crc64, code: 'Crc64Mismatch' });
  return checks;
}
