import { EventEmitter } from 'node:events';

/** What changed, by id; whoever shows it reads the row anew. */
export interface ChangeEvents {
  run: [id: number];
  /** The job itself or one of its steps. */
  job: [id: number];
  runner: [id: number];
  'runner-removed': [id: number];
  'received-event': [id: number];
}

/** Tells the live pages of this process what changed. Emitted after the commit, never before. */
export class Changes extends EventEmitter<ChangeEvents> {
  constructor() {
    super();
    // One listener per open page.
    this.setMaxListeners(0);
  }
}
