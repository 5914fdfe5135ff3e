import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { UsageError } from '../command.ts';
import type { Sink } from './terminal.ts';

/**
 * A value that must not show: from standard input, or typed without an echo where a person sits. Never from an argument,
 * which everybody on the machine sees in the list of processes. One line end at the end is not part of it.
 * @throws UsageError for nothing
 */
export async function readSecret(question: string, err: Sink): Promise<string> {
  const value = process.stdin.isTTY ? await typed(question, err) : (await text(process.stdin)).replace(/\r?\n$/, '');
  if (value === '') throw new UsageError('The value on standard input is empty.');
  return value;
}

async function typed(question: string, err: Sink): Promise<string> {
  err.write(`${question}: `);
  const silence = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompt = createInterface({ input: process.stdin, output: silence, terminal: true });
  try {
    return await prompt.question('');
  } finally {
    prompt.close();
    err.write('\n');
  }
}
