import { describe, expect, it } from 'vitest';
import { allPermissions, defaultPermissions } from '../../workflow/index.ts';
import { assertPermission, grantedPermissions, type JobPermission, printedPermissions } from './job-permissions.ts';

describe('permissions of a job', () => {
  it('SEM-6.1: prints what is granted as the official runner does, and metadata always', () => {
    expect(printedPermissions(grantedPermissions(defaultPermissions('read')))).toEqual({
      Contents: 'read',
      Metadata: 'read',
      Packages: 'read',
    });
    const all = Object.keys(printedPermissions(grantedPermissions(allPermissions('write'))));
    expect(all).toEqual([...all].sort());
    expect(all).toEqual(expect.arrayContaining(['PullRequests', 'SecurityEvents', 'IdToken']));
  });

  it.each<[JobPermission, 'none' | 'read' | 'write', boolean]>([
    ['contents: read', 'none', false],
    ['contents: read', 'read', true],
    ['contents: read', 'write', true],
    ['contents: write', 'read', false],
    ['contents: write', 'write', true],
    ['actions: read', 'write', false],
    ['metadata: read', 'none', true],
    ['people', 'write', false],
  ])('%s with `contents: %s`: %s', (needed, level, isAllowed) => {
    const granted = level === 'none' ? {} : { contents: level };
    if (isAllowed) return assertPermission(granted, needed);
    expect(() => assertPermission(granted, needed)).toThrow('Resource not accessible by integration.');
  });

  it('says which permission the workflow has to ask for', () => {
    const hint =
      'The GITHUB_TOKEN of this job lacks `actions: write`; give it with `permissions` in the workflow file.';
    expect(() => assertPermission({}, 'actions: write')).toThrow(expect.objectContaining({ hint, status: 403 }));
  });
});
