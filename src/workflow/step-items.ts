/** The list under `steps` as a runner gets it: the steps of `parallel` one by one, and a wait behind them (SEM-18.2). */
import type { TemplateToken } from '../protocol/runner/tokens.ts';
import { isSequenceToken, member } from './tokens.ts';

export interface StepItem {
  /** The step's mapping; of the wait behind a `parallel` the one that holds it. */
  token: TemplateToken;
  /** From `steps` to it: `3`, or `3`, `parallel`, `0`. */
  path: string[];
  /** Index among `steps` of the `parallel` that it belongs to. */
  group: number | undefined;
}

export function stepItems(steps: TemplateToken): StepItem[] {
  const items = isSequenceToken(steps) ? steps.seq : [];
  return items.flatMap((token, index): StepItem[] => {
    const path = [String(index)];
    const inner = member(token, 'parallel');
    if (!isSequenceToken(inner)) return [{ token, path, group: undefined }];
    const together = inner.seq.map((each, at) => ({ token: each, path: [...path, 'parallel', `${at}`], group: index }));
    return [...together, { token, path, group: index }];
  });
}
