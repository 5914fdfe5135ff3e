import { afterEach, describe, expect, it, vi } from 'vitest';
import { limitOptions } from './limits.ts';

describe('limitOptions', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('are none where the operator has set none', () => {
    expect(limitOptions([])).toEqual([]);
  });

  it('are those of the operator, each where the job names none of its own', () => {
    vi.stubEnv('SWITCHYARD_CONTAINER_CPUS', '1500m');
    vi.stubEnv('SWITCHYARD_CONTAINER_MEMORY', '64Mi');
    vi.stubEnv('SWITCHYARD_CONTAINER_PIDS', '100');
    const [cpus, memory, pids] = ['--cpus=1.5', ['--memory=67108864', '--memory-swap=67108864'], '--pids-limit=100'];
    expect(limitOptions([])).toEqual([cpus, ...memory, pids]);
    expect(limitOptions(['--label', 'm'])).toEqual([cpus, ...memory, pids]);
    expect(limitOptions(['--cpus=2'])).toEqual([...memory, pids]);
    expect(limitOptions(['--cpu-quota', '5'])).toEqual([...memory, pids]);
    expect(limitOptions(['-m', '1g', '--pids-limit', '-1'])).toEqual([cpus]);
    expect(limitOptions(['-m1g', '--cpus', '1'])).toEqual([pids]);
  });

  it('refuses what is no amount', () => {
    vi.stubEnv('SWITCHYARD_CONTAINER_MEMORY', 'much');
    expect(() => limitOptions([])).toThrow('SWITCHYARD_CONTAINER_MEMORY is "much".');
  });
});
