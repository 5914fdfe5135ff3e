/** The program of the reader thread: reads one workflow file after the other. An error of ours ends it. */
import { parentPort } from 'node:worker_threads';
import { readWorkflow, type WorkflowSource } from '../../workflow/index.ts';
import { toPieces } from './pieces.ts';

// A file can hold a hundred thousand mistakes, each an `Error` whose stack nobody will see.
Error.stackTraceLimit = 0;

parentPort?.on('message', (source: WorkflowSource) => parentPort?.postMessage(toPieces(readWorkflow(source))));
