export { generateTrace } from './generate-trace.ts';
export { htmlPage, type SimulatedPolicy } from './html-page.ts';
export { readPolicy } from './policy.ts';
export type { SimulatedPool } from './pools.ts';
export { recordTrace } from './record-trace.ts';
export { type PriceTable, reportOf, type SimulationReport } from './report.ts';
export { type Simulation, simulate } from './simulation.ts';
export { type Point, timeSeries } from './time-series.ts';
export { inOrder, lineOf, parseTrace, type TraceJob } from './trace.ts';
