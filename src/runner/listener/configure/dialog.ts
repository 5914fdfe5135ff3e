import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { usage } from './options.ts';

/** Asks the person at the terminal for what was not given. */
export interface Dialog {
  /** Whether anybody can be asked. */
  readonly isOpen: boolean;
  say(line: string): void;
  /**
   * The value of a mandatory option.
   * @throws UserError `usage` naming the option, when nobody can be asked
   */
  require(option: string, question: string, given: string | undefined): Promise<string>;
  /** The value of an option that has a default. */
  choose(question: string, given: string | undefined, fallback: string): Promise<string>;
  confirm(question: string): Promise<boolean>;
}

/** @param isUnattended never asks, also on a terminal */
export function openDialog(isUnattended: boolean): Dialog {
  const isOpen = !isUnattended && process.stdin.isTTY === true && process.stdout.isTTY === true;
  return {
    isOpen,
    say: (line) => void process.stdout.write(`${line}\n`),
    async require(option, question, given) {
      if (given !== undefined) return given;
      if (!isOpen) throw usage(`${option} is missing.`);
      for (;;) {
        const answer = await ask(question, isSecret(option));
        if (answer !== '') return answer;
      }
    },
    async choose(question, given, fallback) {
      if (given !== undefined) return given;
      if (!isOpen) return fallback;
      return (await ask(`${question} [press Enter for ${fallback || 'none'}]`, false)) || fallback;
    },
    async confirm(question) {
      return isOpen && /^y(es)?$/i.test(await ask(`${question} (Y/N)`, false));
    },
  };
}

const isSecret = (option: string): boolean => option === '--token' || option === '--pat';

/** What is typed is not shown for a secret. */
async function ask(question: string, isHidden: boolean): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  // From here on the terminal itself shows nothing of what is typed.
  const lines = createInterface({ input: process.stdin, output: isHidden ? silent : process.stdout, terminal: true });
  lines.on('SIGINT', () => process.exit(130));
  process.stdout.write(`${question}: `);
  try {
    return (await lines.question('')).trim();
  } finally {
    lines.close();
    if (isHidden) process.stdout.write('\n');
  }
}
