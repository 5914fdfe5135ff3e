import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorsOf, readText, soundWorkflow, withJobs } from '../../test/support/workflow-text.ts';
import {
  allPermissions,
  defaultPermissions,
  effectivePermissions,
  jobOf,
  PERMISSION_SCOPES,
  type PermissionLevel,
  type Permissions,
} from './index.ts';

/** Only the scopes that are not `none`. */
const granted = (permissions: Permissions | null | undefined): Partial<Permissions> | null | undefined =>
  permissions && Object.fromEntries(Object.entries(permissions).filter(([, level]) => level !== 'none'));

const read = (written: string) => {
  const workflow = soundWorkflow(`permissions: ${written}\n${withJobs({ a: `permissions: ${written}` })}`);
  expect(workflow.jobs[0]?.permissions).toEqual(workflow.permissions);
  return workflow.permissions;
};

describe('the key permissions', () => {
  it('SEM-6.1: naming one scope sets the others to none', () => {
    expect(granted(read('{ contents: read, issues: write, checks: none }'))).toEqual({
      contents: 'read',
      issues: 'write',
    });
    expect(Object.keys(read('{ contents: read }') ?? {})).toEqual([...PERMISSION_SCOPES]);
    expect(granted(read('{}'))).toEqual({});
  });

  it('SEM-6.1, 6.2: read-all and write-all give each scope what it has', () => {
    const all = read('write-all');
    expect(all).toMatchObject({
      contents: 'write',
      'id-token': 'write',
      models: 'read',
      'vulnerability-alerts': 'read',
    });
    expect(Object.values(all ?? {})).not.toContain('none');
    expect(read('read-all')).toMatchObject({ contents: 'read', 'id-token': 'none', models: 'read' });
  });

  it('SEM-6.3: is null where it is absent', () => {
    const workflow = readText(withJobs({ a: '' }));
    expect([workflow.permissions, workflow.jobs[0]?.permissions]).toEqual([null, null]);
  });

  it.each(PERMISSION_SCOPES)('SEM-6.2: knows the scope %s', (scope) => {
    const highest = allPermissions('write')[scope];
    expect(read(`{ ${scope}: ${highest} }`)?.[scope]).toBe(highest);
    expect(read(`{ ${scope}: none }`)?.[scope]).toBe('none');
  });

  it.each([
    ['{ content: read }', "6:20 Unexpected value 'content'"],
    ['{ contents: admin }', "6:30 Unexpected value 'admin'"],
    ['{ id-token: read }', "6:30 Unexpected value 'read'"],
    ['{ models: write }', "6:28 Unexpected value 'write'"],
    ['{ vulnerability-alerts: write }', "6:42 Unexpected value 'write'"],
    ['all', "6:18 Unexpected value 'all'"],
    ['[contents]', '6:18 A sequence was not expected'],
    ['', "6:17 Unexpected value ''"],
  ])('SEM-6.2: refuses %s', (written, expected) => {
    expect(errorsOf(withJobs({ a: `permissions: ${written}`.trimEnd() }))).toEqual([expected]);
  });
});

describe('defaultPermissions', () => {
  it('SEM-6.3: restricted reads contents and packages, permissive writes all', () => {
    expect(granted(defaultPermissions('read'))).toEqual({ contents: 'read', packages: 'read' });
    expect(defaultPermissions('write')).toEqual(allPermissions('write'));
  });
});

describe('effectivePermissions', () => {
  const ALL = allPermissions('write');
  const effective = (
    ofWorkflow: string,
    ofJob: string,
    limits: Partial<Parameters<typeof effectivePermissions>[2]> = {},
  ) => {
    const root = ofWorkflow ? `permissions: ${ofWorkflow}\n` : '';
    const workflow = soundWorkflow(`${root}${withJobs({ a: ofJob ? `permissions: ${ofJob}` : '' })}`);
    const given = { ceiling: ALL, fallback: defaultPermissions('read'), readOnly: false, ...limits };
    return granted(effectivePermissions(workflow, jobOf(workflow, 'a'), given));
  };

  it('SEM-6.3: those of the job replace those of the workflow, which replace the policy', () => {
    expect(effective('', '')).toEqual({ contents: 'read', packages: 'read' });
    expect(effective('{ issues: write }', '')).toEqual({ issues: 'write' });
    expect(effective('{ issues: write }', '{ contents: write, id-token: write }')).toEqual({
      ...{ contents: 'write', 'id-token': 'write' },
    });
    expect(effective('write-all', '{}')).toEqual({});
  });

  it('SEM-6.3: a policy gives no id-token to a job that runs, which must ask for it', () => {
    const policy = { fallback: defaultPermissions('write') };
    expect(effective('', '', policy)).toEqual({ ...granted(ALL), 'id-token': undefined });
    expect(effective('', '{ id-token: write }', policy)).toEqual({ 'id-token': 'write' });
    expect(effective('write-all', '', policy)).toEqual(granted(ALL));
  });

  it('SEM-6.4: but a job that calls passes on that it may be asked for', () => {
    const workflow = soundWorkflow('on: push\njobs:\n  a:\n    uses: ./.github/workflows/b.yml\n');
    const limits = { ceiling: ALL, fallback: defaultPermissions('write'), readOnly: false };
    expect(effectivePermissions(workflow, jobOf(workflow, 'a'), limits)).toEqual(ALL);
  });

  it('SEM-6.4: what a caller declares applies as it is, id-token too', () => {
    expect(effective('', '', { ceiling: ALL, fallback: undefined })).toEqual(granted(ALL));
  });

  it('SEM-6.4: never more than the ceiling, which is also the fallback of a called workflow', () => {
    const ceiling = { ...defaultPermissions('read'), issues: 'write' as const };
    const called = { ceiling, fallback: undefined };
    expect(effective('', '', called)).toEqual({ contents: 'read', issues: 'write', packages: 'read' });
    expect(effective('write-all', '', called)).toEqual({ contents: 'read', issues: 'write', packages: 'read' });
    expect(effective('', '{ contents: write, checks: write }', called)).toEqual({ contents: 'read' });
  });

  it('SEM-2.12, 6.3: of a pull request from a fork what may be written may only be read', () => {
    expect(effective('', '{ contents: write, id-token: write, issues: read }', { readOnly: true })).toEqual({
      ...{ contents: 'read', issues: 'read' },
    });
  });

  it('SEM-6.4: is never above the ceiling, whatever is declared', () => {
    const levels: PermissionLevel[] = ['none', 'read', 'write'];
    const workflow = soundWorkflow(withJobs({ a: '' }));
    const any = fc.record(Object.fromEntries(PERMISSION_SCOPES.map((scope) => [scope, fc.constantFrom(...levels)])));
    fc.assert(
      fc.property(any, any, fc.boolean(), (asked, ceiling, readOnly) => {
        const job = { ...jobOf(workflow, 'a'), permissions: asked as Permissions };
        const found = effectivePermissions(workflow, job, { ceiling: ceiling as Permissions, readOnly });
        for (const scope of PERMISSION_SCOPES) {
          const least = Math.min(levels.indexOf(asked[scope] ?? 'none'), levels.indexOf(ceiling[scope] ?? 'none'));
          expect(levels.indexOf(found[scope])).toBeLessThanOrEqual(readOnly ? Math.min(least, 1) : least);
        }
      }),
    );
  });
});
