import { expect, test } from 'vitest';
import { isSignedWith } from './webhook-signature.ts';

test("takes GitHub's published example, and nothing else", () => {
  // https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
  const [secret, body] = ["It's a Secret to Everybody", Buffer.from('Hello, World!')];
  const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
  expect(isSignedWith(secret, body, signature)).toBe(true);
  expect(isSignedWith(secret, Buffer.from('Hello, World?'), signature)).toBe(false);
  expect(isSignedWith('another', body, signature)).toBe(false);
  for (const wrong of ['', 'sha256=', signature.toUpperCase(), `${signature}0`, signature.slice(0, -1)]) {
    expect(isSignedWith(secret, body, wrong), wrong).toBe(false);
  }
});
