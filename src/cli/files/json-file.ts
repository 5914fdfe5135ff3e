import { readFile } from 'node:fs/promises';
import { UsageError } from '../command.ts';

/** Text of a file, or of standard input for `-`. @throws UsageError naming what the file is for */
export async function readInput(file: string, what: string): Promise<string> {
  if (file === '-') {
    const { text } = await import('node:stream/consumers');
    return text(process.stdin);
  }
  return readFile(file, 'utf8').catch(() => {
    throw new UsageError(`The ${what} ${file} cannot be read.`);
  });
}

/** An object from a JSON file. @throws UsageError */
export async function readJsonObject<T>(file: string, what: string): Promise<Record<string, T>> {
  const text = await readInput(file, what);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Said below.
  }
  throw new UsageError(`The ${what} ${file} is not a JSON object.`);
}
