import { useCallback, useEffect, useState } from 'react';
import type { Step } from '../../protocol/dashboard/index.ts';

interface OpenSteps {
  isOpen: (step: number) => boolean;
  toggle: (step: number) => void;
  open: (step: number) => void;
}

/** Steps that run or failed open by themselves, once: what the user closes stays closed. */
export function useOpenSteps(steps: readonly Step[]): OpenSteps {
  const [chosen, setChosen] = useState<ReadonlyMap<number, boolean>>(new Map());
  useEffect(() => {
    const fresh = steps.filter((step) => opensItself(step) && !chosen.has(step.number));
    if (fresh.length > 0) setChosen(new Map([...chosen, ...fresh.map(({ number }) => [number, true] as const)]));
  }, [steps, chosen]);
  const set = useCallback((step: number, isOpen: (was: boolean) => boolean) => {
    setChosen((old) => new Map(old).set(step, isOpen(old.get(step) ?? false)));
  }, []);
  return {
    isOpen: (step) => chosen.get(step) ?? false,
    toggle: useCallback((step) => set(step, (was) => !was), [set]),
    open: useCallback((step) => set(step, () => true), [set]),
  };
}

const opensItself = ({ status, conclusion }: Step): boolean => status === 'in_progress' || conclusion === 'failure';
