import { createServer } from 'node:net';
import { requirement } from '../support/require.ts';

/**
 * GitHub's runner calls no other port when it is configured (runner-protocol 1.1, trap 1).
 * @param host an address of this machine that no other test has
 */
export async function freePort80(host: string): Promise<number | undefined> {
  const isFree = await new Promise<boolean>((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(80, host, () => server.close(() => resolve(true)));
  });
  return requirement('port-80', () => (isFree ? 80 : undefined));
}
