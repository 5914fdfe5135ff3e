import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jobRequirement, runnerFacts, wallOf } from '../../../test/support/runner-facts.ts';
import { type JobRequirement, labelSetKey, mayTake, mismatches, type RunnerFacts, type Wall } from '../routing.ts';
import { describeOpenings, keepsOut, wallProblems } from './walls.ts';

const DEPLOY = '.github/workflows/deploy.yml';
const asks = jobRequirement;
const from = (path: string, ref: string, repository = 'me/app'): JobRequirement =>
  asks([], { ref, workflow: { repository, path, ref } });

describe('a wall (SEM-13.4)', () => {
  const prod = runnerFacts('api-prod', ['self-hosted', 'api-prod'], {
    wall: wallOf({ labels: ['API-Prod'], environments: ['Production'] }),
  });

  it('keeps a job out that fits by its labels alone, and says which wall it is', () => {
    const found = mismatches(asks(['self-hosted']), prod);
    expect(found).toEqual([{ kind: 'wall', of: 'runner', wall: prod.wall }]);
    expect(mayTake(asks(['self-hosted']), prod)).toBe(false);
  });

  it.each<[string, JobRequirement, boolean]>([
    ['names its exclusive label', asks(['self-hosted', 'api-prod']), true],
    ['deploys to one of its environments', asks(['self-hosted'], { environment: 'production' }), true],
    ['deploys elsewhere', asks(['self-hosted'], { environment: 'production-eu' }), false],
    ['asks for the environment as if it were a label', asks(['self-hosted', 'production']), false],
  ])('a job that %s', (_, requirement, isIn) => {
    expect(mayTake(requirement, prod)).toBe(isIn);
  });

  it.each<[string[], string, boolean]>([
    [['main'], 'refs/heads/main', true],
    [['refs/heads/main'], 'refs/heads/main', true],
    [['refs/heads/main'], 'refs/tags/main', false],
    [['refs/tags/v[0-9]+.[0-9]+.[0-9]+'], 'refs/tags/v1.2.3', true],
    [['v[0-9]+.[0-9]+.[0-9]+'], 'refs/tags/v1.2.3-beta.1', false],
    [['releases/**', '!releases/**-beta'], 'refs/heads/releases/10', true],
    [['releases/**', '!releases/**-beta'], 'refs/heads/releases/10-beta', false],
    [['1/merge'], 'refs/pull/1/merge', false],
    [['main'], 'refs/heads/Main', false],
  ])('with the refs %j lets %s in: %s', (refs, ref, isIn) => {
    expect(keepsOut(wallOf({ refs }), asks([], { ref }))).toBe(!isIn);
  });

  it.each<[string, JobRequirement, boolean]>([
    [DEPLOY, from(DEPLOY, 'refs/heads/topic'), true],
    [DEPLOY, from('.github/workflows/ci.yml', 'refs/heads/main'), false],
    [DEPLOY, from(DEPLOY, 'v1', 'you/lib'), false],
    [`ME/app/${DEPLOY}`, from(DEPLOY, 'refs/heads/topic'), true],
    [`you/lib/${DEPLOY}@v*`, from(DEPLOY, 'v1', 'you/lib'), true],
    [`you/lib/${DEPLOY}@v*`, from(DEPLOY, 'main', 'you/lib'), false],
    [`me/app/${DEPLOY}@main`, from(DEPLOY, 'refs/heads/main'), true],
    [`me/app/${DEPLOY}@main`, from(DEPLOY, 'refs/heads/topic'), false],
    // A file cannot borrow the name of another with a ref in it.
    [`me/app/${DEPLOY}@main*`, from(`${DEPLOY}@main.yml`, 'refs/heads/topic'), false],
  ])('for the workflow %s', (workflow, requirement, isIn) => {
    expect(keepsOut(wallOf({ workflows: [workflow] }), requirement)).toBe(!isIn);
  });

  it('of a runner and of its group both count', () => {
    const both = runnerFacts('both', ['a', 'b'], {
      wall: wallOf({ labels: ['a'] }),
      groupWall: wallOf({ labels: ['b'] }),
    });
    expect(mayTake(asks(['a', 'b']), both)).toBe(true);
    expect(mismatches(asks(['a']), both)).toMatchObject([{ kind: 'wall', of: 'group' }]);
    expect(mismatches(asks([]), both)).toMatchObject([{ of: 'runner' }, { of: 'group' }]);
  });

  it('that names nothing is none', () => {
    expect(mayTake(asks(['x']), runnerFacts('r', ['x'], { wall: wallOf({}), groupWall: wallOf({}) }))).toBe(true);
  });

  it('says in words what a job must do', () => {
    expect(
      describeOpenings(wallOf({ labels: ['a'], environments: ['p', 'q'], refs: ['main'], workflows: [DEPLOY] })),
    ).toBe(
      `name the label a or deploy to one of the environments p, q or run for the ref main or belong to the workflow ${DEPLOY}`,
    );
  });
});

describe('wallProblems', () => {
  it('finds nothing in a wall that can work', () => {
    expect(wallProblems(wallOf({ labels: ['x'], workflows: [DEPLOY, `me/app/${DEPLOY}@refs/heads/**`] }))).toEqual([]);
  });

  it.each<[string, Partial<Wall>, RegExp]>([
    ['names nothing', {}, /needs a label, environment, ref or workflow/],
    ['only takes refs away', { refs: ['!main'] }, /let nobody in/],
    ['names a workflow by its name', { workflows: ['Deploy'] }, /"Deploy" is no workflow/],
    ['names a workflow with a file elsewhere', { workflows: ['me/app/deploy.yml'] }, /is no workflow/],
    ['takes the refs of a workflow away', { workflows: [`me/app/${DEPLOY}@!main`] }, /is no workflow/],
  ])('refuses one that %s', (_, wall, sentence) => {
    expect(wallProblems(wallOf(wall)).join(' ')).toMatch(sentence);
  });

  it('refuses patterns that are none', () => {
    expect(() => wallProblems(wallOf({ refs: ['[z-a]'] }))).toThrow(/reversed/);
    expect(() => wallProblems(wallOf({ workflows: [`${DEPLOY}@[`] }))).toThrow(/not closed/);
  });
});

// --- compared with a reference that is as slow and as plain as can be ---

/** What each pattern means, written down by hand. */
const REFS: Record<string, RegExp> = {
  main: /^(refs\/(heads|tags)\/)?main$/,
  'refs/heads/*': /^refs\/heads\/[^/]*$/,
  'release/**': /^(refs\/(heads|tags)\/)?release\/.*$/,
};
const WORKFLOWS: Record<string, (workflow: JobRequirement['workflow']) => boolean> = {
  [DEPLOY]: ({ repository, path }) => repository === 'me/app' && path === DEPLOY,
  [`you/lib/${DEPLOY}@main`]: ({ repository, path, ref }) =>
    repository === 'you/lib' && path === DEPLOY && (ref === 'main' || ref === 'refs/heads/main'),
};

function slowlyKeepsOut(wall: Wall | null, job: JobRequirement): boolean {
  if (wall === null) return false;
  const ways = [
    ...wall.labels.map((label) => job.labels.map((own) => own.toLowerCase()).includes(label.toLowerCase())),
    ...wall.environments.map((name) => job.environment?.toLowerCase() === name.toLowerCase()),
    ...wall.refs.map((pattern) => REFS[pattern]?.test(job.ref)),
    ...wall.workflows.map((pattern) => WORKFLOWS[pattern]?.(job.workflow)),
  ];
  return ways.length > 0 && !ways.includes(true);
}

function slowlyMayTake(job: JobRequirement, runner: RunnerFacts): boolean {
  for (const label of job.labels) {
    if (!runner.labels.some((own) => own.toLowerCase() === label.toLowerCase())) return false;
  }
  if (job.group !== null && job.group.toLowerCase() !== runner.group.toLowerCase()) return false;
  return !slowlyKeepsOut(runner.wall, job) && !slowlyKeepsOut(runner.groupWall, job);
}

const LABELS = ['a', 'B', 'c'];
const anyLabels = fc.subarray(['A', 'b', 'c']);
const anyWall: fc.Arbitrary<Wall> = fc.record({
  labels: fc.subarray(LABELS, { maxLength: 2 }),
  environments: fc.subarray(['prod', 'Dev'], { maxLength: 1 }),
  refs: fc.subarray(Object.keys(REFS), { maxLength: 2 }),
  workflows: fc.subarray(Object.keys(WORKFLOWS), { maxLength: 1 }),
});
const anyJob: fc.Arbitrary<JobRequirement> = fc
  .record({
    labels: anyLabels,
    group: fc.constantFrom(null, 'g', 'H'),
    environment: fc.constantFrom(null, 'PROD', 'dev', 'other'),
    ref: fc.constantFrom('refs/heads/main', 'refs/tags/main', 'refs/heads/release/1', 'refs/heads/topic'),
    workflow: fc.record({
      repository: fc.constantFrom('me/app', 'you/lib'),
      path: fc.constantFrom(DEPLOY, '.github/workflows/ci.yml'),
      ref: fc.constantFrom('refs/heads/main', 'main', 'v1'),
    }),
  })
  .map(({ labels, ...over }) => asks(labels, over));
const anyRunner: fc.Arbitrary<RunnerFacts> = fc
  .record({
    labels: fc.subarray(LABELS),
    group: fc.constantFrom('G', 'h'),
    wall: fc.option(anyWall),
    groupWall: fc.option(anyWall),
  })
  .map(({ labels, ...over }) => runnerFacts('r', labels, over));

describe('for any job and runner', () => {
  it('the matcher agrees with a slow reference', () => {
    fc.assert(
      fc.property(anyJob, anyRunner, (job, runner) => {
        expect(mayTake(job, runner)).toBe(slowlyMayTake(job, runner));
        expect(mismatches(job, runner).length === 0).toBe(slowlyMayTake(job, runner));
      }),
      { numRuns: 2_000 },
    );
  });

  it('jobs of one labelSetKey are answered alike by every runner behind these walls', () => {
    fc.assert(
      fc.property(fc.array(anyWall, { maxLength: 4 }), anyJob, anyJob, (walls, one, other) => {
        const choices = [null, ...walls];
        const runners = choices.flatMap((wall) =>
          choices.map((groupWall) => runnerFacts('r', LABELS, { group: 'g', wall, groupWall })),
        );
        const answers = (job: JobRequirement) => runners.map((runner) => slowlyMayTake(job, runner));
        const like = { ...other, labels: one.labels, group: one.group };
        const isAlike = JSON.stringify(answers(one)) === JSON.stringify(answers(like));
        // With the same labels and group only walls can tell them apart; a group that the runners are not in hides it.
        const isSame = labelSetKey(one, walls) === labelSetKey(like, walls);
        if (isSame || one.group !== 'H') expect(isSame).toBe(isAlike);
        if (labelSetKey(one, walls) === labelSetKey(other, walls)) expect(answers(one)).toEqual(answers(other));
      }),
      { numRuns: 500 },
    );
  });

  it('without walls it does not matter to labelSetKey where a job comes from', () => {
    fc.assert(
      fc.property(anyJob, anyJob, (one, other) => {
        expect(labelSetKey({ ...other, labels: one.labels, group: one.group })).toBe(labelSetKey(one));
      }),
    );
  });
});
