import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { explainShutdown, surroundings } from './shutdown-cause.ts';

const machine = { pod: undefined, isContained: false };

describe('explainShutdown', () => {
  it('SEM-28.8: says what is known of why the runner ends', () => {
    expect(explainShutdown('SIGINT', machine)).toBe('It got SIGINT, as from Ctrl-C in its terminal.');
    expect(explainShutdown('SIGTERM', machine)).toMatch(/^It got SIGTERM: its service was stopped, /);
    expect(explainShutdown('SIGTERM', { pod: undefined, isContained: true })).toContain('container');
    expect(explainShutdown('orphaned', machine)).toBe('The program that started the runner has ended.');
    expect(explainShutdown('server', machine)).toBe('The server told the runner to end.');
  });

  it('names the pod that was deleted or evicted, and who knows which of the two', () => {
    expect(explainShutdown('SIGTERM', { pod: 'runner-7', isContained: true })).toBe(
      "Its pod runner-7 was deleted or evicted: 'kubectl get events --field-selector involvedObject.name=runner-7' tells which, and why.",
    );
  });
});

describe('surroundings', () => {
  it('knows a pod of Kubernetes by its environment', () => {
    expect(surroundings({ KUBERNETES_SERVICE_HOST: '10.0.0.1' }).pod).toBe(hostname());
    expect(surroundings({}).pod).toBeUndefined();
  });
});
