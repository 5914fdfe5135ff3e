import { describe, expect, it } from 'vitest';
import { errorsOf, withJobs } from '../../../test/support/workflow-text.ts';

const runningOn = (runsOn: string): string => withJobs({ a: '' }).replace('runs-on: x', `runs-on: ${runsOn}`);

describe('values that are wrong whatever happens', () => {
  it.each([
    'big',
    'org/big',
    'organization/big',
    'ent/big',
    'enterprise/big',
    '"${{ vars.G }}"',
    'Big Runners',
  ])('SEM-13.2: takes the group %s', (group) => {
    expect(errorsOf(runningOn(`{ group: ${group} }`))).toEqual([]);
  });

  it.each([
    ['foo/big', "Please use 'organization/' or 'enterprise/' prefix to target a single runner group."],
    ['ORG/big', "Please use 'organization/' or 'enterprise/' prefix to target a single runner group."],
    ['org/ent/big', "Please use 'organization/' or 'enterprise/' prefix to target a single runner group."],
    ['org/', ''],
  ])('SEM-13.2: refuses the group %s, at its place', (group, advice) => {
    const expected = `4:23 Invalid runs-on group name '${group}'. ${advice}`.trimEnd();
    expect(errorsOf(runningOn(`{ group: ${group} }`))).toEqual([expected]);
  });

  it.each([
    ['{ matrix: { v: [] } }', "6:30 Matrix vector 'v' does not contain any values"],
    ['{ matrix: { v: [1], w: [], x: "${{ vars.X }}" } }', "6:38 Matrix vector 'w' does not contain any values"],
    ['{ matrix: { exclude: [] } }', '6:25 Matrix must define at least one vector'],
    ['{ matrix: { include: [] } }', '6:25 Matrix must define at least one vector'],
    ['{ matrix: {} }', '6:25 Matrix must define at least one vector'],
  ])('SEM-10.2: refuses strategy: %s', (strategy, expected) => {
    expect(errorsOf(withJobs({ a: `strategy: ${strategy}` }))).toEqual([expected]);
  });

  it.each([
    '{ matrix: { v: "${{ fromJSON(vars.V) }}" } }',
    '{ matrix: "${{ fromJSON(vars.V) }}" }',
    '{ matrix: { "${{ vars.N }}": [] } }',
    '{ matrix: { include: "${{ fromJSON(vars.V) }}" } }',
    '{ matrix: { include: [{ a: 1 }] } }',
    '{ fail-fast: false }',
  ])('SEM-10.9, 10.14: takes strategy: %s, for when it can be evaluated', (strategy) => {
    expect(errorsOf(withJobs({ a: `strategy: ${strategy}` }))).toEqual([]);
  });

  it.each([
    ["container: 'docker://'", '6:16 Container image cannot be empty'],
    ["container: { image: 'docker://' }", '6:16 Container image cannot be empty'],
    ["services: { s: 'docker://' }", '6:20 Container image cannot be empty'],
    ['services: { s: { ports: [80] } }', '6:20 Container image cannot be empty'],
    ["services: { s: '' }", "6:20 Unexpected value ''"],
  ])('SEM-14.1: refuses %s', (key, expected) => {
    expect(errorsOf(withJobs({ a: key }))).toEqual([expected]);
  });

  it.each([
    "container: ''",
    'container: { ports: [80] }',
    'services: { s: "${{ vars.IMAGE }}" }',
    'services: {}',
  ])('SEM-14.1: takes %s', (key) => {
    expect(errorsOf(withJobs({ a: key }))).toEqual([]);
  });

  it('are not told of a file that does not fit the schema: one error would be two', () => {
    expect(errorsOf(withJobs({ a: 'concurrency: {}' }))).toEqual(['6:18 Required property is missing: group']);
  });
});
