import { readdirSync, readFileSync } from 'node:fs';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { GAUGES } from '../../src/fleet/metrics/gauges.ts';
import { JobMetrics } from '../../src/fleet/metrics/job-metrics.ts';

const FOLDER = 'deploy/grafana';

/** Names of series that a dashboard asks for. */
const asked = (text: string): string[] => [
  ...new Set(text.match(/\b(?:switchyard|github|gha|process|horizontalrunnerautoscaler|runnerdeployment)_[a-z_]+/g)),
];

it.each(readdirSync(FOLDER))('asks in %s only for metrics that the fleet has', async (file) => {
  const registry = new Registry();
  new JobMetrics(registry);
  const known = new Set([...Object.keys(GAUGES), 'switchyard_fleet_events_total']);
  for (const { name } of await registry.getMetricsAsJSON()) known.add(name);
  const text = readFileSync(`${FOLDER}/${file}`, 'utf8');
  expect(JSON.parse(text).panels.length).toBeGreaterThan(0);
  expect(asked(text).filter((name) => !known.has(name.replace(/_bucket$/, '')))).toEqual([]);
});
