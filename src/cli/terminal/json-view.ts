import type { View, WatchEvent } from '../watch/events.ts';
import { printLine, type Terminal } from './terminal.ts';

/** One JSON object a line and nothing else: docs/reference/json-output.md. */
export class JsonView implements View {
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(event: WatchEvent): void {
    printLine(this.#terminal.out, JSON.stringify(event));
  }

  close(): void {}
}
