import type { SourceError } from '../../src/protocol/dashboard/index.ts';
import { readWorkflow, type Workflow } from '../../src/workflow/index.ts';

export const WORKFLOW_PATH = '.github/workflows/ci.yml';

export const readText = (text: string): Workflow => readWorkflow({ path: WORKFLOW_PATH, text });

/** `line:column message` */
export const inShort = ({ line, column, message }: SourceError): string => `${line}:${column} ${message}`;

export const errorsOf = (text: string): string[] => readText(text).errors.map(inShort);

export const warningsOf = (text: string): string[] => readText(text).warnings.map(inShort);

/** A workflow without errors. */
export function soundWorkflow(text: string): Workflow {
  const workflow = readText(text);
  if (workflow.errors.length > 0) throw new Error(workflow.errors.map(inShort).join('\n'));
  return workflow;
}

/** A workflow of jobs with these further keys; the first key of the first job is in line 6. */
export const withJobs = (jobs: Record<string, string>): string =>
  `on: push\njobs:\n${Object.entries(jobs)
    .map(([key, body]) => `  ${key}:\n    runs-on: x\n    steps: [{ run: make }]\n    ${body}\n`)
    .join('')}`;

/** A job with these steps, which begin in line 6. */
export const withSteps = (steps: string): string => `on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n${steps}`;
