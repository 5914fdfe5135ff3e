import type { JobRequirement, RunnerFacts, Wall } from '../../src/workflow/routing.ts';

let nextId = 1;

/** An idle runner of the organization `me`, in the group Default, behind no wall. */
export const runnerFacts = (name: string, labels: string[], over: Partial<RunnerFacts> = {}): RunnerFacts => ({
  ...{ id: nextId++, name, labels, group: 'Default', scope: { kind: 'organization', name: 'me' } },
  ...{ online: true, busy: false, wall: null, groupWall: null },
  ...over,
});

/** What a job of `me/app` on its branch main asks for. */
export const jobRequirement = (labels: string[], over: Partial<JobRequirement> = {}): JobRequirement => ({
  ...{ labels, group: null, repository: { owner: 'me', name: 'app' }, environment: null, ref: 'refs/heads/main' },
  workflow: { repository: 'me/app', path: '.github/workflows/ci.yml', ref: over.ref ?? 'refs/heads/main' },
  ...over,
});

export const wallOf = (over: Partial<Wall>): Wall => ({
  ...{ labels: [], environments: [], refs: [], workflows: [] },
  ...over,
});
