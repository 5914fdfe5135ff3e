import type { Readable } from 'node:stream';
import { UserError } from '../../common/errors.ts';

/**
 * The pieces of a body.
 * @throws UserError 413 once there are more than `maxBytes`
 */
export async function* limited(body: Readable, maxBytes: number): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0;
  for await (const piece of body) {
    sizeBytes += piece.length;
    if (sizeBytes > maxBytes) {
      throw new UserError('RequestBodyTooLarge', `A request may bring at most ${maxBytes} bytes.`, { status: 413 });
    }
    yield piece;
  }
}
